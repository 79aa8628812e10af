namespace LicenseAuthority.Client;

/// <summary>What <see cref="LicenseGuard.OutcomeChanged"/> tells. Immutable and thread-safe.</summary>
public sealed class LicenseOutcomeChangedEventArgs : EventArgs
{
    internal LicenseOutcomeChangedEventArgs(LicenseOutcome previous, LicenseCheck current) => (Previous, Current) = (previous, current);

    /// <summary>The outcome before.</summary>
    public LicenseOutcome Previous { get; }

    /// <summary>The check that brought the change. <see cref="LicenseGuard.Current"/> may be newer already.</summary>
    public LicenseCheck Current { get; }
}
