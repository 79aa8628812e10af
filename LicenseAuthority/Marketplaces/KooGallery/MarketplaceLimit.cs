using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>Bounds the marketplace's calls at once, before it is known who calls. One that is turned away is answered in the marketplace's way: busy, repeat.</summary>
internal sealed class MarketplaceLimit(MarketplaceApi api) : IRateLimiterPolicy<string>
{
    public const string Name = "marketplace";

    private const string BodiesName = "marketplace bodies";

    private static readonly ConcurrencyLimiterOptions Limits = new()
    {
        PermitLimit = 1000,

        // Worked off in less than the 5 s after which the marketplace gives up.
        QueueLimit = 3000,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    };

    /// <inheritdoc/>
    public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected => (context, _) => new ValueTask(api.TurnAwayAsync(context.HttpContext));

    /// <inheritdoc/>
    /// <remarks>Who sends a body slowly keeps a place that long: a share of its own for POST, so that no GET has to wait for that.</remarks>
    public RateLimitPartition<string> GetPartition(HttpContext httpContext) =>
        RateLimitPartition.GetConcurrencyLimiter(HttpMethods.IsPost(httpContext.Request.Method) ? BodiesName : Name, static _ => Limits);
}
