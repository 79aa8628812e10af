namespace LicenseAuthority;

/// <summary>A license code could not be made, or what was made would be refused by licensed software. Nothing was stored.</summary>
internal sealed class SigningException(string message) : Exception(message);
