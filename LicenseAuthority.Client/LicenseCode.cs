using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client;

/// <summary>
/// What a license code says, decoded. Exists only for a code with a good signature by a trusted key; whether it permits anything here and
/// now is for <see cref="LicenseCheck.Outcome"/> to say. Instants are UTC, in whole seconds. Immutable and thread-safe.
/// Claims are those of RFC 7519 and of docs/license-code-format.md.
/// </summary>
public sealed class LicenseCode
{
    private readonly string _text;

    internal LicenseCode(KeyCertificate certificate, string text)
    {
        Certificate = certificate;
        _text = text;
    }

    /// <summary>Claim <c>iss</c>: the authority, its public URL. Never empty.</summary>
    public string Issuer { get; internal init; } = "";

    /// <summary>Claim <c>aud</c>: the product that the license is for. Never empty.</summary>
    public string ProductId { get; internal init; } = "";

    /// <summary>Claim <c>sub</c>: the license, the same over all its codes. 1–64 characters.</summary>
    public string LicenseId { get; internal init; } = "";

    /// <summary>Claim <c>gen</c>: number of this code within its license, for people; from 1. The newest code is the one with the newest <see cref="IssuedAt"/>.</summary>
    public int Generation { get; internal init; }

    /// <summary>Claim <c>iat</c>: when the code was made.</summary>
    public DateTimeOffset IssuedAt { get; internal init; }

    /// <summary>Claim <c>nbf</c>: when the term begins; null means that it began when the code was made.</summary>
    public DateTimeOffset? NotBefore { get; internal init; }

    /// <summary>Claim <c>exp</c>: the first instant at which the term is over; null means never.</summary>
    public DateTimeOffset? ExpiresAt { get; internal init; }

    /// <summary>Claim <c>grace</c>: how long after <see cref="ExpiresAt"/> the license can still be renewed. 0 to 15 days; zero when absent.</summary>
    public TimeSpan Grace { get; internal init; }

    /// <summary>
    /// The first instant at which the grace period is over: <see cref="ExpiresAt"/>, or <see cref="TermEndsAt"/> where the code is leased, plus <see cref="Grace"/>, at
    /// most the end of the year 9999; null means never.
    /// </summary>
    public DateTimeOffset? GraceEndsAt => (IsLeased ? TermEndsAt : ExpiresAt) is { } end
        ? (Grace > DateTimeOffset.MaxValue - end ? DateTimeOffset.MaxValue : end + Grace)
        : null;

    /// <summary>
    /// Claim <c>lease</c>: true if <see cref="ExpiresAt"/> is the end of the device's lease, which a refresh prolongs, and not of the license, which
    /// <see cref="TermEndsAt"/> is.
    /// </summary>
    public bool IsLeased { get; internal init; }

    /// <summary>
    /// Claim <c>term</c>: of a leased code, the first instant at which the license's own term is over, not before <see cref="ExpiresAt"/>; null means never, or
    /// that the code is not leased.
    /// </summary>
    public DateTimeOffset? TermEndsAt { get; internal init; }

    /// <summary>Claim <c>cus</c>: the authority's random id of the customer. 1–64 characters.</summary>
    public string CustomerId { get; internal init; } = "";

    /// <summary>Claim <c>cn</c>: a name of the customer to show; null when the product does not ask for one.</summary>
    public string? CustomerName { get; internal init; }

    /// <summary>Claim <c>qty</c>: the quantity bought, 1 to 9,999,999.</summary>
    public int Quantity { get; internal init; }

    /// <summary>Claim <c>ent</c>: what the license entitles to beyond use of the product; empty when absent.</summary>
    public LicenseEntitlements Entitlements { get; internal init; } = LicenseEntitlements.Empty;

    /// <summary>
    /// Claim <c>dev</c>: the ids of the devices' properties that the code is bound to, 1–8 of them; empty when it is not bound. An id is a hash and
    /// tells nothing about the device.
    /// </summary>
    public IReadOnlyList<string> DeviceIds { get; internal init; } = [];

    /// <summary>Claim <c>devk</c>: how many of <see cref="DeviceIds"/> must be found; all of them when the claim is absent, 0 when the code is not bound.</summary>
    public int RequiredDeviceMatches { get; internal init; }

    /// <summary>Claim <c>test</c>: true for a license that nobody paid for, made to try things out.</summary>
    public bool IsTest { get; internal init; }

    /// <summary>Claim <c>trial</c>: true for a trial license.</summary>
    public bool IsTrial { get; internal init; }

    /// <summary>Claim <c>act</c>: true if the product demands activation, that is, a code bound to a device.</summary>
    public bool RequiresActivation { get; internal init; }

    /// <summary>Claim <c>status.status_list.idx</c>: this code's place in the status list, from 0; null when the code names no list.</summary>
    public int? StatusListIndex { get; internal init; }

    /// <summary>Claim <c>status.status_list.uri</c>: the status list, as written, for ordinal comparison; null when the code names no list.</summary>
    public string? StatusListUri { get; internal init; }

    /// <summary>Header <c>kid</c>: the id of the key that signed, the first 16 characters of its thumbprint (RFC 7638).</summary>
    public string KeyId => Certificate.KeyId;

    /// <summary>Of the key that signed.</summary>
    internal KeyCertificate Certificate { get; }

    /// <summary>
    /// The code itself in its one spelling: what was checked, without the white space and line breaks that it came with. For sending it to its
    /// <see cref="Issuer"/>, where only this spelling fits into a header, and for keeping it. It is a credential: send it to nobody else, and do not
    /// log it. A method, because what writes objects into logs reads properties.
    /// </summary>
    /// <returns>Three parts of base64url with dots between them, at most 8,192 characters of ASCII; the same object each time.</returns>
    public string GetText() => _text;

    /// <summary>License id and generation; never the code's text.</summary>
    /// <returns>A short text for logs.</returns>
    public override string ToString() => FormattableString.Invariant($"{LicenseId} #{Generation}");
}
