using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Client.Status;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client;

/// <summary>
/// Verifies license codes offline: with the root public keys that are built into the software, without network, files or state on disk.
/// One verifier per product, made once and kept: it remembers what it has verified. Thread-safe.
/// </summary>
/// <remarks>
/// A license code is a JWT (RFC 7519) in JWS compact form (RFC 7515), signed with Ed25519 (RFC 8032, RFC 8037); its rules stand in
/// docs/license-code-format.md. Nothing that a user or an attacker passes as a code makes a check throw. The checks happen in a fixed order, and
/// the first that fails is the outcome: form of the text; certificate of the signing key, by a root key; minimum key serial; key id and usage;
/// signature; claims; time of issue within the certificate; product; test license; activation and device; clock; begin of the term; end of the grace period;
/// revoked, by a status list; end of the term; suspended; age of the status list.
/// <para>
/// Checking the same text again costs no signature verification and, without device binding, no allocation; the time, the product, the devices, the status list
/// and the minimum key serial are judged on every call.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// var verifier = new LicenseVerifier("la-root-1:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w", "com.example.editor");
///
/// LicenseCheck check = verifier.Check(licenseCode);
/// if (check.IsValid)
/// {
///     check.License.Entitlements.TryGetInt64("seats", out long seats);
///     Console.WriteLine($"Licensed for {seats} seats.");
/// }
/// else
/// {
///     Console.WriteLine(check.GetEvidence(LicenseLanguage.English));
///     Console.WriteLine(check.GetAdvice(LicenseLanguage.English));
/// }
/// </code>
/// </example>
public sealed class LicenseVerifier
{
    private const int MaximumRoots = 4;

    private static readonly TimeSpan NotBeforeLeeway = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(24);

    private readonly string _productId;
    private readonly TimeProvider _timeProvider;
    private readonly bool _acceptTestLicenses;
    private readonly bool _requireStatus;
    private readonly bool _requireDevice;
    private readonly TimeSpan? _maxStatusAge;
    private readonly TrustedKeys _keys;

    // Null when codes are not to be remembered. A host has a code or two; the rest is room for those that have more.
    private readonly BoundedCache<LicenseCode>? _codes;

#pragma warning disable RS0026 // The type of the first parameter tells the two apart, and neither will ever get another optional one.
    /// <summary>Creates a verifier with one root key.</summary>
    /// <param name="rootKey">The line that the authority's <c>keys</c> command prints: <c>la-root-1:</c> and 43 characters. White space around it is ignored.</param>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>; compared ordinally.</param>
    /// <param name="options">Choices of the host, copied; null means the defaults.</param>
    /// <exception cref="ArgumentException">The root key or product id is missing or cannot be used; the message says why and what to do.</exception>
    public LicenseVerifier(string rootKey, string productId, LicenseVerifierOptions? options = null)
        : this([rootKey], productId, options)
    {
    }

    /// <summary>Creates a verifier with one to four root keys: the one in use, its standby, and older ones whose codes must keep verifying.</summary>
    /// <param name="rootKeys">1–4 different lines, each as in the other constructor. Read once.</param>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>; compared ordinally.</param>
    /// <param name="options">Choices of the host, copied; null means the defaults.</param>
    /// <exception cref="ArgumentException">A root key or the product id is missing, repeated or cannot be used; the message says which, why and what to do.</exception>
    public LicenseVerifier(IEnumerable<string> rootKeys, string productId, LicenseVerifierOptions? options = null)
    {
        if (string.IsNullOrWhiteSpace(productId))
        {
            throw new ArgumentException(
                "The product id is empty. Pass the id under which the product is known to the license authority.", nameof(productId));
        }

        options ??= new LicenseVerifierOptions();
        _productId = productId;
        _timeProvider = options.TimeProvider
            ?? throw new ArgumentException("TimeProvider is null. Leave the property alone for the system's clock.", nameof(options));
        if (options.MaxStatusAge <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                "MaxStatusAge is not above zero. Leave the property alone for lists that count until their own end.", nameof(options));
        }

        _acceptTestLicenses = options.AcceptTestLicenses;
        _requireStatus = options.RequireStatus;
        _requireDevice = options.RequireDevice;
        _maxStatusAge = options.MaxStatusAge;
        _keys = new TrustedKeys(ReadRoots(rootKeys), options.MinimumKeySerial);
        _codes = options.CacheCodes ? new BoundedCache<LicenseCode>(sets: 32) : null;
    }
#pragma warning restore RS0026

    /// <summary>
    /// The highest min-serial seen so far: in any certificate that a root key signed, also on codes that were refused, or in
    /// <see cref="LicenseVerifierOptions.MinimumKeySerial"/>. Signing keys with a lower serial are revoked. Only rises. A host that
    /// stores it, and passes it to the verifier of its next run, does not forget a revocation.
    /// </summary>
    public uint MinimumKeySerial => _keys.MinimumSerial;

    /// <summary>Checks a code without a status list. A code that is bound to devices is <see cref="LicenseOutcome.WrongDevice"/> here: use another overload.</summary>
    /// <param name="code">Any text; null and empty are <see cref="LicenseOutcome.Malformed"/>. Spaces, tabs and line breaks in it are ignored.</param>
    /// <returns>The outcome, with what to tell the user.</returns>
    public LicenseCheck Check(string? code) => Check(code, null, null);

    /// <summary>Checks a code on a device, without a status list.</summary>
    /// <param name="code">Any text; null and empty are <see cref="LicenseOutcome.Malformed"/>. Spaces, tabs and line breaks in it are ignored.</param>
    /// <param name="deviceFingerprints">
    /// What identifies this device, one text per property, as at activation; only read when the code is bound to devices. Null or nothing means
    /// that the device is unknown; null and blank elements are ignored. The texts are hashed and go nowhere. An exception of the enumeration itself is the caller's.
    /// </param>
    /// <returns>The outcome, with what to tell the user.</returns>
    public LicenseCheck Check(string? code, IEnumerable<string>? deviceFingerprints) => Check(code, null, deviceFingerprints);

    /// <summary>Checks a code, also by a status list, on a device.</summary>
    /// <param name="code">Any text; null and empty are <see cref="LicenseOutcome.Malformed"/>. Spaces, tabs and line breaks in it are ignored.</param>
    /// <param name="statusList">
    /// The newest list that the host has, from <see cref="CheckStatusList"/>; null: none. It counts if it is the one that the code names
    /// (<see cref="LicenseCode.StatusListUri"/>) and its key is still to be believed. Then it denies at any age, and allows only while it is fresh: before its
    /// end, and before it is as old as <see cref="LicenseVerifierOptions.MaxStatusAge"/>. One that does not count is as good as none.
    /// </param>
    /// <param name="deviceFingerprints">
    /// What identifies this device, one text per property, as at activation; only read when the code is bound to devices. Null or nothing means
    /// that the device is unknown; null and blank elements are ignored. The texts are hashed and go nowhere. An exception of the enumeration itself is the caller's.
    /// </param>
    /// <returns>The outcome, with what to tell the user.</returns>
    public LicenseCheck Check(string? code, LicenseStatusList? statusList, IEnumerable<string>? deviceFingerprints)
    {
        var now = _timeProvider.GetUtcNow();

        // Before the code: what the list's certificate says of revoked keys holds for the key of the code as well.
        if (statusList is not null)
        {
            _keys.Trust(statusList.Certificate.Text, out _);
        }

        if (FindOrVerify(code, out var fault) is not { } license)
        {
            return new LicenseCheck(now, fault!);
        }

        var matches = license.DeviceIds.Count == 0 || deviceFingerprints is null ? 0 : DeviceBinding.CountMatches(license, deviceFingerprints);
        return Judge(license, _productId, matches, StatusFinding.Of(license, statusList, Stand(license, statusList), _maxStatusAge, now), ClockReading.At(now));
    }

    /// <summary>
    /// For the guard, which has read the code already and knows more of the time: judges it again. Allocates nothing, unless the key was revoked since.
    /// </summary>
    internal LicenseCheck Check(LicenseCode license, LicenseStatusList? statusList, int deviceMatches, in ClockReading clock) =>
        _keys.IsRevoked(license.Certificate.Serial)
            ? new LicenseCheck(clock.Now, CodeFault.Untrusted(CodeFaultReason.RevokedKey, license.Certificate, _keys.MinimumSerial))
            : Judge(license, _productId, deviceMatches, StatusFinding.Of(license, statusList, Stand(license, statusList), _maxStatusAge, clock.Now), clock);

    /// <summary>For the guard, which remembers a <see cref="MinimumKeySerial"/> and finds a higher one in its store while it runs.</summary>
    internal void Raise(uint minimumSerial) => _keys.RaiseMinimum(minimumSerial);

    /// <summary>
    /// For the guard: the code in a text, also of a key that was revoked since. Such a one allows nothing any more, but still shows to the authority who asks for a
    /// new one. Null, with the fault, for anything that no trusted key has signed.
    /// </summary>
    internal LicenseCode? Read(string? text, out CodeFault? fault)
    {
        fault = null;
        return (text is null ? null : _codes?.Find(text)) ?? Verify(text, out fault, evenIfRevoked: true);
    }

    /// <summary>
    /// Checks a status list, which says which codes were revoked or suspended after they were made (docs/license-code-format.md, "Status lists"). Good means
    /// genuine: signed by a trusted key that may sign lists, within its window. Whether the list is the one that a code names, and still fresh, is not judged.
    /// </summary>
    /// <param name="token">Any text; null and empty are <see cref="LicenseOutcome.Malformed"/>. Spaces, tabs and line breaks in it are ignored.</param>
    /// <returns>The list, or why there is none. Never throws for what is in the text, and never inflates more than a list can have.</returns>
    public StatusListCheck CheckStatusList(string? token)
    {
        var list = VerifyStatusList(token, out var fault);
        return list is null ? new StatusListCheck(_timeProvider.GetUtcNow(), fault!) : new StatusListCheck(_timeProvider.GetUtcNow(), list);
    }

    /// <summary>
    /// For the authority, which checks what it has just signed: the product and the device ids are those that the code is meant to have,
    /// so one verifier serves all products, and no fingerprint is needed.
    /// </summary>
    internal LicenseCheck CheckIssued(string code, string productId, IReadOnlyList<string> deviceIds)
    {
        var now = _timeProvider.GetUtcNow();
        if (FindOrVerify(code, out var fault) is not { } license)
        {
            return new LicenseCheck(now, fault!);
        }

        var status = StatusFinding.Of(license, null, Stand(license, null), null, now);
        return Judge(license, productId, DeviceBinding.CountIds(license, deviceIds), status, ClockReading.At(now));
    }

    // Null, with the fault, unless the text is a code with a good chain up to a root. Nothing else is decided here, and nothing that is
    // decided here depends on the time, the product or the device.
    private LicenseCode? FindOrVerify(string? text, out CodeFault? fault)
    {
        fault = null;
        var license = text is null ? null : _codes?.Find(text);
        if (license is null)
        {
            license = Verify(text, out fault);
            if (license is not null && text!.Length <= CodeText.MaximumLength)
            {
                _codes?.Add(text, license);
            }
        }

        // Asked again also for a code that was just verified: another thread may have seen the news meanwhile.
        if (license is not null && _keys.IsRevoked(license.Certificate.Serial))
        {
            fault = CodeFault.Untrusted(CodeFaultReason.RevokedKey, license.Certificate, _keys.MinimumSerial);
            return null;
        }

        return license;
    }

    // The order is the specification's: nothing of the payload is looked at before its signature is good.
    private LicenseCode? Verify(string? text, out CodeFault? fault, bool evenIfRevoked = false)
    {
        if (CodeText.Read(text, out fault) is not { } parts)
        {
            return null;
        }

        try
        {
            return Verify(parts, evenIfRevoked, out fault);
        }
        finally
        {
            parts.GiveBack();
        }
    }

    private LicenseCode? Verify(CodeText parts, bool evenIfRevoked, out CodeFault? fault)
    {
        if (VerifyChain(parts, CodeHeader.LicenseCodeType, KeyUsages.LicenseCodes, evenIfRevoked, out fault) is not { } certificate)
        {
            return null;
        }

        if (ClaimsReader.Read(parts, certificate, out fault) is not { } license)
        {
            return null;
        }

        var issuedAt = license.IssuedAt.ToUnixTimeSeconds();
        if (!certificate.Covers(issuedAt))
        {
            fault = CodeFault.Untrusted(CodeFaultReason.OutsideWindow, certificate, issuedAt: issuedAt);
            return null;
        }

        return license;
    }

    private LicenseStatusList? VerifyStatusList(string? text, out CodeFault? fault)
    {
        if (CodeText.Read(text, out fault, StatusListReader.MaximumLength, StatusListReader.MaximumRawLength) is not { } parts)
        {
            return null;
        }

        try
        {
            return VerifyStatusList(parts, out fault);
        }
        finally
        {
            parts.GiveBack();
        }
    }

    private LicenseStatusList? VerifyStatusList(CodeText parts, out CodeFault? fault)
    {
        if (VerifyChain(parts, CodeHeader.StatusListType, KeyUsages.StatusLists, evenIfRevoked: false, out fault) is not { } certificate
            || StatusListReader.Read(parts, certificate, out fault) is not { } list)
        {
            return null;
        }

        var issuedAt = list.IssuedAt.ToUnixTimeSeconds();
        if (!certificate.Covers(issuedAt))
        {
            fault = CodeFault.Untrusted(CodeFaultReason.OutsideWindow, certificate, issuedAt: issuedAt);
            return null;
        }

        if (list.ExpiresAt.ToUnixTimeSeconds() > certificate.NotAfter)
        {
            fault = CodeFault.Untrusted(CodeFaultReason.EndsAfterCertificate, certificate, issuedAt: issuedAt);
            return null;
        }

        return list;
    }

    private KeyCertificate? VerifyChain(CodeText parts, string type, KeyUsages usage, bool evenIfRevoked, out CodeFault? fault)
    {
        if (CodeHeader.Read(parts, type, out fault) is not { } header)
        {
            return null;
        }

        var certificate = _keys.Trust(header.Certificate, out fault);
        if (evenIfRevoked && fault?.Reason == CodeFaultReason.RevokedKey)
        {
            (certificate, fault) = (fault.Certificate, null);
        }

        if (certificate is null)
        {
            return null;
        }

        if (!string.Equals(header.KeyId, certificate.KeyId, StringComparison.Ordinal))
        {
            fault = CodeFault.Untrusted(CodeFaultReason.KeyIdMismatch, certificate);
            return null;
        }

        if ((certificate.Usages & usage) == KeyUsages.None)
        {
            fault = CodeFault.Untrusted(CodeFaultReason.WrongUsage, certificate);
            return null;
        }

        if (!certificate.PublicKey.Verify(parts.SignedBytes, parts.SignedLength, parts.Signature))
        {
            fault = CodeFault.Mismatch(certificate);
            return null;
        }

        return certificate;
    }

    // After the code was verified: its certificate may have revoked the key of the list.
    private StatusStanding Stand(LicenseCode license, LicenseStatusList? list)
    {
        if (license.StatusListUri is null)
        {
            return StatusStanding.NotNamed;
        }

        if (list is null)
        {
            return StatusStanding.NoList;
        }

        if (!string.Equals(list.Uri, license.StatusListUri, StringComparison.Ordinal))
        {
            return StatusStanding.OtherUri;
        }

        // A list from a verifier with other root keys is another authority's.
        if (_keys.Trust(list.Certificate.Text, out var fault) is null)
        {
            return fault?.Reason == CodeFaultReason.RevokedKey ? StatusStanding.RevokedKey : StatusStanding.OtherAuthority;
        }

        return license.StatusListIndex < list.Count ? StatusStanding.Counts : StatusStanding.NoEntry;
    }

    private LicenseCheck Judge(LicenseCode license, string productId, int deviceMatches, in StatusFinding status, in ClockReading clock)
    {
        LicenseOutcome outcome;
        if (!string.Equals(license.ProductId, productId, StringComparison.Ordinal))
        {
            outcome = LicenseOutcome.WrongProduct;
        }
        else if (license.IsTest && !_acceptTestLicenses)
        {
            outcome = LicenseOutcome.TestLicense;
        }
        else if ((license.RequiresActivation || _requireDevice) && license.DeviceIds.Count == 0)
        {
            outcome = LicenseOutcome.NotActivated;
        }
        else if (deviceMatches < license.RequiredDeviceMatches)
        {
            outcome = LicenseOutcome.WrongDevice;
        }
        else
        {
            outcome = JudgeTimeAndStatus(license, status, clock);
        }

        return new LicenseCheck(outcome, clock, license, productId, deviceMatches, status);
    }

    // Instants of codes and lists lie between 1970 and the end of the year 9999, so that taking a day off one cannot overflow.
    private LicenseOutcome JudgeTimeAndStatus(LicenseCode license, in StatusFinding status, in ClockReading clock)
    {
        // Both were signed at a time that has been.
        var now = clock.Now;
        if (clock.Standing == ClockStanding.RolledBack || now < license.IssuedAt - ClockTolerance || now < status.List?.IssuedAt - ClockTolerance)
        {
            return LicenseOutcome.ClockRolledBack;
        }

        if (now < license.NotBefore - NotBeforeLeeway)
        {
            return LicenseOutcome.NotYetValid;
        }

        // Half-open, without leeway: at the very instant it is over.
        if (now >= license.GraceEndsAt)
        {
            return LicenseOutcome.Expired;
        }

        if (status.Status == LicenseStatus.Invalid)
        {
            return LicenseOutcome.Revoked;
        }

        if (now >= license.ExpiresAt)
        {
            return LicenseOutcome.Frozen;
        }

        if (status.Status == LicenseStatus.Suspended)
        {
            return LicenseOutcome.Suspended;
        }

        return _requireStatus && status.UnknownSince is not null ? LicenseOutcome.StatusListTooOld : LicenseOutcome.Valid;
    }

    private static Ed25519PublicKey[] ReadRoots(IEnumerable<string?>? rootKeys)
    {
        const string Remedy = "Pass the line that the license authority printed when its keys were made: "
            + RootKey.Prefix + " and 43 characters of base64url.";

        var lines = new List<string>();
        var keys = new List<Ed25519PublicKey>();
        foreach (var line in rootKeys ?? [])
        {
            if (!RootKey.TryParse(line, out var key))
            {
                var problem = string.IsNullOrWhiteSpace(line) ? "is empty" : "is not a usable root public key";
                throw new ArgumentException($"Root key {keys.Count + 1} {problem}. {Remedy}", nameof(rootKeys));
            }

            // There is one spelling of a key, so equal lines and equal keys are the same.
            if (lines.Contains(line!.Trim()))
            {
                throw new ArgumentException($"Root key {keys.Count + 1} repeats root key {lines.IndexOf(line.Trim()) + 1}. Remove it.", nameof(rootKeys));
            }

            lines.Add(line.Trim());
            keys.Add(key!);
            if (keys.Count > MaximumRoots)
            {
                throw new ArgumentException(
                    $"There are more than {MaximumRoots} root keys. Keep the one in use, its standby, and those whose codes customers still hold.",
                    nameof(rootKeys));
            }
        }

        return keys.Count > 0 ? [.. keys] : throw new ArgumentException($"There is no root key. {Remedy}", nameof(rootKeys));
    }
}
