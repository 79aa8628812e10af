using LicenseAuthority.Client.Fetching;

namespace LicenseAuthority.Client;

/// <summary>
/// What a host may choose about a <see cref="LicenseGuard"/>; the defaults are right for a program of one user. The guard copies the values when it is opened, later
/// changes have no effect. Not thread-safe while it is being changed.
/// </summary>
public sealed class LicenseGuardOptions
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>Creates options. Both parameters belong into the program, never into a file that somebody can change.</summary>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>; compared ordinally.</param>
    /// <param name="rootKeys">1–4 different root lines: the one in use, its standby, and older ones whose codes must keep verifying.</param>
    public LicenseGuardOptions(string productId, params string[] rootKeys)
    {
        ProductId = productId;
        RootKeys = rootKeys;
    }

    /// <summary>The product that this software is.</summary>
    public string ProductId { get; }

    /// <summary>The root lines.</summary>
    public IReadOnlyList<string> RootKeys { get; }

    /// <summary>How codes are checked; its <see cref="LicenseVerifierOptions.TimeProvider"/> is the guard's clock as well.</summary>
    public LicenseVerifierOptions Verifier { get; set; } = new();

    /// <summary>A code or license file, such as from an environment variable. Only read, never written. Null, the default: none.</summary>
    public string? CodeText { get; set; }

    /// <summary>
    /// The path of a file with a code or a license file, such as a mounted secret, or where an administrator puts renewals. Only read, looked at again every five
    /// seconds; what is better than what is held is taken over. Need not exist. Null, the default: none.
    /// </summary>
    public string? CodeFile { get; set; }

    /// <summary>
    /// The folder in which the guard keeps what it has. Null, the default: <c>LicenseAuthority/</c> and the product, in the user's data folder of the system; where
    /// there is none, memory. Not looked at if <see cref="Store"/> is set.
    /// </summary>
    public string? StoreDirectory { get; set; }

    /// <summary>A store of the host's own. Null, the default: a folder.</summary>
    public LicenseStore? Store { get; set; }

    /// <summary>
    /// What identifies this device: 1–8 texts of at most 1,024 characters, the same every time, as <see cref="LicenseVerifier.Check(string?, IEnumerable{string}?)"/>
    /// takes them; blank ones and repetitions are left out. Read once, in <see cref="LicenseGuard.Open"/>; what the enumeration throws is the caller's. Null, the
    /// default: the device is unknown, and cannot be activated.
    /// </summary>
    public IEnumerable<string>? DeviceFingerprints { get; set; }

    /// <summary>How many of the fingerprints must be found later, at least half of them, for an activation. Null, the default: all.</summary>
    public int? DeviceMatch { get; set; }

    /// <summary>What people call this device, shown to who looks for a free place; at most 64 characters. Null, the default: none is sent.</summary>
    public string? DeviceName { get; set; }

    /// <summary>
    /// For a proxy or own certificates; neither changed nor disposed by the guard. It should follow no redirects: a code is a credential. Null, the default: one of the
    /// library's own, which follows none.
    /// </summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>
    /// False: nothing is fetched in the background. What the host asks for itself (<see cref="LicenseGuard.RefreshAsync"/>) is done all the same. Default: true.
    /// </summary>
    public bool Online { get; set; } = true;

    /// <summary>How often is fetched, over all processes that share the store. A minute to 366 days. Default: 24 hours.</summary>
    public TimeSpan RefreshInterval { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Where status lists are fetched in place of the issuer: an https address (http on this machine) below which the paths are the issuer's. Null, the default: the
    /// issuer itself.
    /// </summary>
    public Uri? ListMirror { get; set; }

    /// <summary>What a clock that is behind means. Default: <see cref="ClockPolicy.SystemClock"/>.</summary>
    public ClockPolicy Clock { get; set; }

    /// <summary>
    /// The lease to ask for at an activation, a minute to 366 days; the authority gives no longer one than the product has. Null, the default: the product's own.
    /// </summary>
    public TimeSpan? Lease { get; set; }

    /// <summary>True gives this device's place up when the guard is disposed, in at most three seconds: for floating licenses. Default: false.</summary>
    public bool ReleaseOnDispose { get; set; }

    /// <summary>For how long before the end of a license or a list there are notices. From zero on. Default: 14 days.</summary>
    public TimeSpan WarnBefore { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Whatever cannot be used.</summary>
    internal void Validate()
    {
        Refuse(
            ProductId is { Length: > 0 } id && id.Trim().Length > 0 && (IsBlank(id[0]) || IsBlank(id[id.Length - 1])), nameof(ProductId),
            "begins or ends with a blank or a control character, and no code is for such a product. Pass the id as the license authority has it.");
        Refuse(Verifier is null, nameof(Verifier), "is null. Leave the property alone for the defaults.");
        Refuse(
            RefreshInterval < TimeSpan.FromMinutes(1) || RefreshInterval > Longest, nameof(RefreshInterval),
            "is not between a minute and 366 days. Leave the property alone for 24 hours; set Online to false to fetch nothing.");
        Refuse(WarnBefore < TimeSpan.Zero || WarnBefore > Longest, nameof(WarnBefore), "is not between zero and 366 days. Leave the property alone for 14 days.");
        Refuse(Lease is { } lease && (lease < TimeSpan.FromMinutes(1) || lease > Longest), nameof(Lease), "is not between a minute and 366 days. Leave the property alone for the product's own.");
        Refuse(Clock is not (ClockPolicy.SystemClock or ClockPolicy.RunFromLastKnownTime), nameof(Clock), "is no policy. Use a member of ClockPolicy.");
        Refuse(DeviceName is { } name && (name.Trim().Length > 64 || name.Any(char.IsControl)), nameof(DeviceName), "is longer than 64 characters, or has control characters. Shorten it, or leave it out.");
        Refuse(
            ListMirror is { } mirror && (!mirror.IsAbsoluteUri || !OriginRule.IsSafe(mirror.AbsoluteUri)), nameof(ListMirror),
            "is no https address (or http on this machine) without user, query and fragment. Correct it, or leave the property alone for the issuer.");
    }

    /// <summary>The fingerprints as they are compared: without blank ones and repetitions.</summary>
    internal DeviceIdentity ReadDevice()
    {
        var given = DeviceFingerprints?.ToArray() ?? [];
        var fingerprints = given
            .Where(static text => !string.IsNullOrWhiteSpace(text)).Select(Format.DeviceBinding.Trim).Distinct(StringComparer.Ordinal).ToArray();
        Refuse(
            given.Length > 0 && fingerprints.Length == 0, nameof(DeviceFingerprints),
            "has only blank texts, so nothing tells this device. Pass DeviceFingerprint.Collect(productId).Values, or leave the property alone.");
        Refuse(
            fingerprints.Length == 0 && ReleaseOnDispose, nameof(ReleaseOnDispose),
            "gives up the place of a device, and there are no DeviceFingerprints. Set them, or leave the property alone.");
        Refuse(
            fingerprints.Length == 0 && DeviceMatch is not null, nameof(DeviceMatch),
            "says how many of the fingerprints are needed, and there are no DeviceFingerprints. Set them, or leave the property alone.");
        Refuse(
            fingerprints.Length > 8 || Array.Exists(fingerprints, static text => text.Length > 1024), nameof(DeviceFingerprints),
            "has more than 8 texts, or one of more than 1,024 characters. Leave some out, or hash them.");
        Refuse(
            fingerprints.Length > 0 && (DeviceMatch < 1 || DeviceMatch > fingerprints.Length || DeviceMatch * 2 < fingerprints.Length), nameof(DeviceMatch),
            "is not between half and all of the fingerprints. Leave the property alone for all.");
        return new DeviceIdentity(fingerprints, fingerprints.Length > 0 ? DeviceMatch : null, string.IsNullOrWhiteSpace(DeviceName) ? null : DeviceName!.Trim());
    }

    private static bool IsBlank(char character) => char.IsWhiteSpace(character) || char.IsControl(character);

    private static void Refuse(bool isWrong, string member, string remedy)
    {
        if (isWrong)
        {
            throw new ArgumentException($"{member} {remedy}", member);
        }
    }
}
