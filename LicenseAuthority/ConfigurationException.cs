namespace LicenseAuthority;

/// <summary>A setting is wrong or missing; the message names it and the remedy. Stops the start.</summary>
internal sealed class ConfigurationException(string message) : Exception(message);
