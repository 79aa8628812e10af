namespace LicenseAuthority.Client;

/// <summary>
/// What a host may choose about a <see cref="LicenseVerifier"/>; the defaults are right for shipped software. The verifier copies the
/// values when it is constructed, later changes have no effect. Not thread-safe while it is being changed.
/// </summary>
public sealed class LicenseVerifierOptions
{
    /// <summary>Where the present time comes from. Default: the system's clock. Must not be null when a verifier is constructed.</summary>
#if NET
    public
#else
    internal
#endif
    TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// The same setting as a function, for what is compiled for netstandard2.0, which has no <c>TimeProvider</c>: gives the present time, and must be thread-safe. What
    /// waits goes by the system's clock. Null throws <see cref="ArgumentNullException"/>.
    /// </summary>
    public Func<DateTimeOffset> UtcNow
    {
        get => TimeProvider.GetUtcNow;
        set => TimeProvider = new Clock(value ?? throw new ArgumentNullException(nameof(value)));
    }

    /// <summary>
    /// True accepts test licenses (claim <c>test</c>), which anybody gets for nothing from a marketplace's debugging page. Default: false.
    /// Only for builds that never reach a customer.
    /// </summary>
    public bool AcceptTestLicenses { get; set; }

    /// <summary>
    /// True refuses a code whose status no list tells that counts and is fresh enough, as <see cref="LicenseOutcome.StatusListTooOld"/>. Default: false, and
    /// what is not denied is allowed. For software that is online often enough to fetch a list before the last one ends.
    /// </summary>
    public bool RequireStatus { get; set; }

    /// <summary>
    /// For how long after it was made a status list may allow anything: at that age it is too old. More than zero; null, the default: until its own end.
    /// A list never allows after its own end, and denies at any age.
    /// </summary>
    public TimeSpan? MaxStatusAge { get; set; }

    /// <summary>
    /// True refuses a code that is not bound to a device, as <see cref="LicenseOutcome.NotActivated"/>, as if every code said <c>act</c>. Default: false, the code
    /// decides.
    /// </summary>
    public bool RequireDevice { get; set; }

    /// <summary>
    /// The highest <see cref="LicenseVerifier.MinimumKeySerial"/> that the host remembers from earlier runs: signing keys with a lower serial
    /// are revoked. Default: 0, none is. A host that stores the value and hands it back here keeps refusing a stolen key after a restart.
    /// </summary>
    public uint MinimumKeySerial { get; set; }

    /// <summary>
    /// False keeps verified codes out of the cache; certificates are cached all the same. For the authority itself, which checks every code
    /// it issues exactly once.
    /// </summary>
    internal bool CacheCodes { get; set; } = true;

    private sealed class Clock(Func<DateTimeOffset> utcNow) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => utcNow();
    }
}
