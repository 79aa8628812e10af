namespace LicenseAuthority.Tests.Support;

/// <summary>The parameters of a <c>getLicense</c> call, not signed yet: valid by default, change one thing. Immutable.</summary>
internal sealed class GetLicenseCall
{
    private readonly IReadOnlyList<KeyValuePair<string, string>> _parameters;

    private GetLicenseCall(IReadOnlyList<KeyValuePair<string, string>> parameters) => _parameters = parameters;

    /// <summary>In the order in which they are sent.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => _parameters;

    /// <summary>An order for one year and 5 users. The business id is new each time, as the marketplace's is.</summary>
    public static GetLicenseCall For(string orderId) => new(
    [
        KeyValuePair.Create("activity", "getLicense"),
        KeyValuePair.Create("customerId", "c0ffee00c0ffee00c0ffee00c0ffee00"),
        KeyValuePair.Create("customerName", "Example Company"),
        KeyValuePair.Create("businessId", Guid.NewGuid().ToString()),
        KeyValuePair.Create("orderId", orderId),
        KeyValuePair.Create("skuCode", "11112222-3333-4444-5555-666677778888"),
        KeyValuePair.Create("productId", "OFFI000000000000000001"),
        KeyValuePair.Create("expireTime", "20270601155959"),
        KeyValuePair.Create("periodType", "year"),
        KeyValuePair.Create("periodNumber", "1"),
        KeyValuePair.Create("amount", "5"),
        KeyValuePair.Create("timeStamp", "20260601000000123"),
    ]);

    /// <summary>Sets a parameter, in its place or at the end.</summary>
    public GetLicenseCall With(string name, string value) => _parameters.Any(parameter => parameter.Key == name)
        ? new GetLicenseCall([.. _parameters.Select(parameter => parameter.Key == name ? KeyValuePair.Create(name, value) : parameter)])
        : AndAlso(name, value);

    /// <summary>Adds a parameter at the end, be its name there already.</summary>
    public GetLicenseCall AndAlso(string name, string value) => new([.. _parameters, KeyValuePair.Create(name, value)]);

    public GetLicenseCall Without(string name) => new([.. _parameters.Where(parameter => parameter.Key != name)]);
}
