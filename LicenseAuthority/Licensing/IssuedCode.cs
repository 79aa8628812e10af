namespace LicenseAuthority.Licensing;

/// <summary>A code that was issued, the newest or an older one.</summary>
/// <param name="Sha256">Of its exact text: whoever shows a code must show this one.</param>
/// <param name="Newest">Its license with the newest code.</param>
internal sealed record IssuedCode(byte[] Sha256, LicenseWithCode Newest);
