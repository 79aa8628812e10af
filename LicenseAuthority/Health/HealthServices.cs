using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LicenseAuthority.Health;

internal static class HealthServices
{
    /// <summary>Registers what the service knows about its own health.</summary>
    public static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks()
            .AddCheck<DatabaseHealth>("database")
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
            writer.WriteString("description", entry.Description);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }
}
