using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplace.V1;

/// <summary>The V1 call <c>getLicense</c> (protocol section 3e), checked.</summary>
internal static class GetLicenseRequest
{
    /// <summary>Name of the activity.</summary>
    public const string Activity = "getLicense";

    /// <summary>Reads the parameters into a command. Null: <paramref name="problem"/> names the parameter.</summary>
    public static IssueLicense? Read(MarketplaceQuery query, string account, TimeSpan expireTimeOffset, out string? problem)
    {
        var parameters = new ParameterReader(query);
        parameters.Required("timeStamp", 20);
        var customerId = parameters.Required("customerId", 100);
        var customerName = parameters.OptionalName("customerName", 64);
        parameters.Required("businessId", 64);
        var orderId = parameters.Required("orderId", 64);
        var productId = parameters.Required("productId", 64);
        var expiresAt = parameters.OptionalExpireTime(expireTimeOffset);
        var amount = parameters.Amount("amount");
        var test = parameters.TestFlag();

        problem = parameters.Problem;
        return problem is not null
            ? null
            : new IssueLicense(
                new OrderKey(account, test, orderId, OrderLineId: "", productId), customerId, customerName, amount, expiresAt,
                new CallSource(CallSource.Marketplace, Activity, orderId));
    }
}
