namespace LicenseAuthority.Licensing;

/// <summary>What operators look up. Decides nothing, so it may see a license a moment after or before another call's change.</summary>
internal interface ILicenseQueries
{
    /// <summary>A license with its newest code and its orders, or null.</summary>
    ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken);

    /// <summary>The license that a code was issued for, with its newest code, by the SHA-256 of the code's exact text; null when we did not issue it.</summary>
    ValueTask<LicenseWithCode?> FindByCodeAsync(byte[] sha256, CancellationToken cancellationToken);
}
