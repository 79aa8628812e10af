namespace LicenseAuthority;

/// <summary>A setting or an argument is wrong or missing; the message names it and the remedy. Stops the start.</summary>
internal sealed class ConfigurationException(string message, Exception? innerException = null) : OperatorException(message, innerException);
