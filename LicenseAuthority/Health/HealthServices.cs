using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

internal static class HealthServices
{
    /// <summary>The entry that says whether anything can be stored.</summary>
    public const string Database = "database";

    /// <summary>Registers what the service knows about its own health.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        // The framework's own log has a line, and a stack trace, for every entry that is not green, whenever anybody asks.
        services.AddLogging(static logging => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks.DefaultHealthCheckService", LogLevel.None));
        services.AddSingleton<HealthLog>();
        services.AddHealthChecks()
            .AddCheck<DatabaseHealth>(Database)
            .AddCheck<DiskHealth>("disk")
            .AddCheck<WriteAheadLogHealth>("wal")
            .AddCheck<KeysHealth>("keys")
            .AddCheck<ClockHealth>("clock", failureStatus: HealthStatus.Degraded)
            .AddCheck<MarketplaceHealth>("marketplace", failureStatus: HealthStatus.Degraded)
            .AddCheck<SchedulerHealth>("scheduler")
            .AddCheck<OverdueHealth>("overdue", failureStatus: HealthStatus.Degraded)
            .AddCheck<OutboxHealth>("outbox", failureStatus: HealthStatus.Degraded);
        return services;
    }

    /// <summary>
    /// Maps <c>/health/live</c> (200 as long as the process answers) and <c>/health/ready</c> (200 when it can issue, also when an operator should look;
    /// 503 when it cannot). Public: they show words, no facts about licenses.
    /// </summary>
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        endpoints.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = WriteAsync });
        return endpoints;
    }

    /// <summary>What may be shown of an entry: the message of an exception may name servers and users.</summary>
    public static string? DescriptionOf(HealthReportEntry entry) =>
        entry.Exception is null || entry.Description != entry.Exception.Message ? entry.Description : "It cannot be told now.";

    private static async Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.RequestServices.GetRequiredService<HealthLog>().Tell(report);
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
