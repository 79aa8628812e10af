using System.Text.Json;
using LicenseAuthority.Marketplaces.Watch;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>The marketplace watch of a service whose clock stands still: written when a test says so.</summary>
internal static class WrittenWatch
{
    extension(LicenseAuthorityApplication app)
    {
        public MarketplaceWatch Watch => app.Services.GetRequiredService<MarketplaceWatch>();

        /// <summary>Has written what waits, and notices what no call tells.</summary>
        public async Task WriteWatchAsync()
        {
            await app.Watch.FlushAsync(CancellationToken.None);
            Assert.That(
                app.Logs.Lines.Where(static line => line.Message.Contains("missing in the marketplace watch", StringComparison.Ordinal)).Select(static line => line.Exception),
                Is.Empty);
            await app.Services.GetRequiredService<WatchSweeper>().SweepAsync(CancellationToken.None);
        }

        /// <summary>The watch as an operator sees it now; <paramref name="query"/> begins with a question mark.</summary>
        public async Task<JsonElement> WatchAsync(string query = "")
        {
            await app.WriteWatchAsync();
            return (await app.Admin.GetAsync("marketplace/watch" + query)).Json;
        }

        /// <summary>The orders that failed, each as <c>product: order activity status attempts code</c>, in the order of the answer.</summary>
        public async Task<List<string>> FailedOrdersAsync(string query = "") =>
        [
            .. (await app.WatchAsync(query)).GetProperty("items").EnumerateArray().SelectMany(static item => item.GetProperty("orders").EnumerateArray().Select(order =>
                $"{item.GetProperty("productId")}: {order.GetProperty("orderId")} {order.GetProperty("activity")} {order.GetProperty("status")} "
                + $"{order.GetProperty("attempts")} {order.GetProperty("resultCode")}")),
        ];

        /// <summary>The calls that are to be made again, each as <c>activity order code</c>.</summary>
        public async Task<List<string>> RestartsAsync() =>
        [
            .. (await app.WatchAsync()).GetProperty("restart").EnumerateArray()
                .Select(static call => $"{call.GetProperty("activity")} {call.GetProperty("orderId")} {call.GetProperty("resultCode")}"),
        ];
    }
}
