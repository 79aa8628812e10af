using System.Globalization;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>A marketplace's open API that knows every order and answers at once; it does not look at signatures. For the profile <c>v2</c>.</summary>
internal static class OpenApiServer
{
    /// <summary>The command that runs it, in a process of its own.</summary>
    public const string Name = "open-api-server";

    /// <summary>Serves until it is killed.</summary>
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning";
        var app = builder.Build();
        var expireTime = TimeProvider.System.GetUtcNow().AddYears(1).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        app.MapGet("/api/mkp-openapi-public/global/v1/order/query", (string orderId, string? orderLineId) => Results.Json(new
        {
            resultCode = "MKT.0000",
            resultMsg = "success",
            orderInfo = new
            {
                orderId,
                orderType = "NEW",
                createTime = "20261124031500",
                orderLine = new[]
                {
                    new { orderLineId, chargingMode = "PERIOD", periodType = "year", periodNumber = 1, expireTime, productInfo = new[] { new { productId = "OFFI000000000000000001", linearValue = 5 } } },
                },
                buyerInfo = new { customerId = $"c0ffee00{orderId}", customerName = "R&D +1" },
            },
        }));
        await app.RunAsync();
        return 0;
    }
}
