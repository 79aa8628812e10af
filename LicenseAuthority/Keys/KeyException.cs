namespace LicenseAuthority.Keys;

/// <summary>
/// The keys cannot be used as they are. The message names the file or setting at fault and the remedy, and holds no secret:
/// it is written for the operator and may be shown and logged as it stands.
/// </summary>
internal sealed class KeyException(string message, Exception? innerException = null) : OperatorException(message, innerException);
