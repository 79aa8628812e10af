using LicenseAuthority.Client.Format;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.StatusLists;

/// <summary>What a code grants, as its text says.</summary>
/// <param name="EndsAt">Its <c>exp</c>; null = perpetual.</param>
/// <param name="Quantity">Its <c>qty</c>.</param>
/// <param name="Entitlements">Its <c>ent</c>.</param>
/// <param name="Uri">The URI by which it names its status list.</param>
internal sealed record CodeGrant(DateTimeOffset? EndsAt, int Quantity, Entitlements Entitlements, string? Uri)
{
    /// <summary>
    /// Reads it, by the reader that ships inside licensed software, without a look at the signature: the text is one that we have stored. Null for what that
    /// reader refuses, as it would have to whoever holds such a code.
    /// </summary>
    public static CodeGrant? Read(string text)
    {
        if (CodeText.Read(text, out _) is not { } code || code.ReadPayload(out _) is not { } payload)
        {
            return null;
        }

        var claims = new MemberReader(payload, CodePart.Payload);
        var grant = new CodeGrant(
            claims.OptionalInstant("exp"),
            (int)claims.RequiredInteger("qty", 1, int.MaxValue),
            Entitlements.Create((payload.Find("ent")?.Members ?? []).Select(static member => KeyValuePair.Create(member.Name, ValueOf(member.Value)))),
            payload.Find("status")?.Find("status_list")?.Find("uri")?.Text);
        return claims.Fault is null ? grant : null;
    }

    private static EntitlementValue ValueOf(JsonValue value) => value.Kind switch
    {
        JsonKind.Boolean => new EntitlementValue.Flag(value.Boolean),
        JsonKind.Integer => new EntitlementValue.Number(value.Integer),
        JsonKind.Array => new EntitlementValue.List([.. value.Items.Select(static item => item.Text)]),
        _ => new EntitlementValue.Text(value.Text),
    };
}
