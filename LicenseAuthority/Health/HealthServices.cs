using System.Text.Json;
using LicenseAuthority.Doors;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

internal static class HealthServices
{
    /// <summary>The entry that says whether anything can be stored.</summary>
    public const string Database = "database";

    private const string Door = "health";

    // Fewer than would be felt by those who order; a probe that comes while so many wait is told that this node is busy.
    private const int AtOnce = 8;
    private const int Waiting = 200;

    /// <summary>
    /// Registers what the service knows about its own health. A check that only looks at what is in memory has the tag <see cref="ReadyReport.Live"/>; one
    /// that asks the store has none, and its result is shared; it is yellow at most, so that whether this node is ready needs no answer of the store.
    /// </summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        // The framework's own log has a line, and a stack trace, for every entry that is not green, whenever anybody asks.
        services.AddLogging(static logging => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", LogLevel.None));
        services.AddSingleton<HealthLog>();
        services.AddHealthChecks()
            .AddCheck<DatabaseHealth>(Database, tags: [ReadyReport.Live])
            .AddCheck<DiskHealth>("disk", tags: [ReadyReport.Live])
            .AddCheck<WriteAheadLogHealth>("wal", tags: [ReadyReport.Live])
            .AddCheck<KeysHealth>("keys", tags: [ReadyReport.Live])
            .AddCheck<StatusListsHealth>("status-lists", failureStatus: HealthStatus.Degraded, tags: [ReadyReport.Live])
            .AddCheck<ClockHealth>("clock", failureStatus: HealthStatus.Degraded, tags: [ReadyReport.Live])
            .AddCheck<MarketplaceHealth>("marketplace", failureStatus: HealthStatus.Degraded)
            .AddCheck<SchedulerHealth>("scheduler", failureStatus: HealthStatus.Degraded)
            .AddCheck<OverdueHealth>("overdue", failureStatus: HealthStatus.Degraded)
            .AddCheck<ReissueHealth>("reissue", failureStatus: HealthStatus.Degraded)
            .AddCheck<OutboxHealth>("outbox", failureStatus: HealthStatus.Degraded)
            .AddCheck<RestoreHealth>("database-behind", failureStatus: HealthStatus.Degraded);
        services.AddSingleton<ReadyReport>();
        services.AddDoorLimit(Door, AtOnce, Waiting);
        return services;
    }

    /// <summary>
    /// Maps <c>/health/live</c> (200 as long as the process answers) and <c>/health/ready</c> (200 when it can issue, also when an operator should look;
    /// 503 when it cannot). Public: they show words, no facts about licenses.
    /// </summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder endpoints)
    {
        // Without a limit: a process that is not answered in time is ended by whoever watches it.
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        endpoints.Map("/health/ready", AnswerReadyAsync).RequireRateLimiting(Door);
        return endpoints;
    }

    /// <summary>What may be shown of an entry: the message of an exception may name servers and users.</summary>
    public static string? DescriptionOf(HealthReportEntry entry) =>
        entry.Exception is null || entry.Description != entry.Exception.Message ? entry.Description : "It cannot be told now.";

    private static async Task AnswerReadyAsync(HttpContext context)
    {
        var report = await context.RequestServices.GetRequiredService<ReadyReport>().ReadAsync(context.RequestAborted);
        context.Response.StatusCode = report.Status == HealthStatus.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        context.Response.Headers.CacheControl = "no-store, no-cache";
        await WriteAsync(context, report);
    }

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("status", report.Status.ToString());
        writer.WriteStartObject("checks");
        foreach (var (name, entry) in report.Entries)
        {
            writer.WriteStartObject(name);
            writer.WriteString("status", entry.Status.ToString());
            writer.WriteString("description", DescriptionOf(entry));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }
}
