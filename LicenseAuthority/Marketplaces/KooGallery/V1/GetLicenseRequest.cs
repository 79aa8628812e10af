using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;

namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>The V1 call <c>getLicense</c> (protocol section 3e), checked.</summary>
internal static class GetLicenseRequest
{
    public const string Activity = "getLicense";

    private const string OrderId = "orderId";

    /// <summary>Reads the parameters into a command. Null: <paramref name="problem"/> names the parameter.</summary>
    public static IssueLicense? Read(ICallParameters call, string account, TimeSpan expireTimeOffset, out string? problem)
    {
        var parameters = new ParameterReader(call);
        parameters.Required("timeStamp", 20);
        var customerId = parameters.Required("customerId", ParameterReader.LongestCustomerId);
        var customerName = parameters.OptionalName("customerName", ParameterReader.LongestName, out var remark);
        var orderId = parameters.Required(OrderId, ParameterReader.LongestId);
        var productId = parameters.Required("productId", ParameterReader.LongestId);
        var expiresAt = parameters.OptionalExpireTime(expireTimeOffset);
        var amount = parameters.Amount("amount");
        var test = parameters.TestFlag();

        problem = parameters.Problem;
        return problem is not null
            ? null
            : new IssueLicense(
                new OrderKey(account, test, orderId, OrderLineId: "", productId), customerId, customerName, amount, expiresAt,
                new CallSource(CallSource.Marketplace, Activity, orderId), MarketplacePolicy.Calls)
            {
                Remark = remark,
            };
    }

    /// <summary>Reads of a call that was refused what can be read. Null: the order id cannot be, and it is the one thing that is needed.</summary>
    public static UnservedOrder? ReadRefused(ICallParameters call, string account, TimeSpan expireTimeOffset, string reason)
    {
        var parameters = new ParameterReader(call);
        var orderId = parameters.Required(OrderId, ParameterReader.LongestId);
        if (parameters.Problem is not null || call.FirstRepeated == OrderId)
        {
            return null;
        }

        var test = call.Find("testFlag") == "1";
        var product = ParameterReader.Readable(call, "productId", ParameterReader.LongestId) ?? "";
        var order = new OrderFacts(
            new OrderKey(account, test, orderId, OrderLineId: "", product), ParameterReader.Readable(call, "customerId", ParameterReader.LongestCustomerId),
            ParameterReader.Readable(call, "customerName", ParameterReader.LongestName));
        var amount = parameters.Amount("amount");
        int? quantity = parameters.Problem is null ? amount : null;
        return new UnservedOrder(
            order, quantity, new ParameterReader(call).OptionalExpireTime(expireTimeOffset), new CallSource(CallSource.Marketplace, Activity, orderId), reason);
    }
}
