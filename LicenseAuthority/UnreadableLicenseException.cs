namespace LicenseAuthority;

/// <summary>
/// What is stored of a license cannot be read: its row is damaged, was changed by hand, or was written by a newer version. It stops nobody but whoever asks for
/// this license. The message names the license, and nothing of what was read.
/// </summary>
/// <param name="licenseId">Which one.</param>
/// <param name="reason">What cannot be read of it, as a clause without contents.</param>
/// <param name="innerException">What the reading met; it may hold contents, and is not logged.</param>
internal sealed class UnreadableLicenseException(string licenseId, string reason, Exception? innerException = null)
    : Exception($"License {licenseId} cannot be read: {reason}. Restore its row from a backup, or mend it by hand; the others are served.", innerException)
{
    /// <summary>The license.</summary>
    public string LicenseId { get; } = licenseId;
}
