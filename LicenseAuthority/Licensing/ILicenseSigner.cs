using LicenseAuthority.Licensing.Activations;

namespace LicenseAuthority.Licensing;

/// <summary>Turns a license into a signed license code.</summary>
internal interface ILicenseSigner
{
    /// <summary>
    /// Signs the code of the license as it is (number and time come from <see cref="License.Generation"/> and <see cref="License.CodeIssuedAt"/>)
    /// and checks it with what licensed software will check it with. Throws <see cref="SigningException"/> when the result would be refused there.
    /// Thread-safe; call it outside the store, it is the most expensive part of issuing.
    /// </summary>
    /// <param name="license">The license.</param>
    /// <param name="device">The device that the code is bound to; null = none.</param>
    /// <param name="cancellationToken">Ends the waiting for a place in a status list.</param>
    ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken);
}

/// <summary>A license code that was signed and checked, ready to be stored. Its text is a credential: never log it whole.</summary>
/// <param name="Text">The code, exactly as it will be answered for ever.</param>
/// <param name="Sha256">SHA-256 of the text's ASCII bytes; licensed software is recognised by it.</param>
/// <param name="StatusList">Number of the status list that holds its entry.</param>
/// <param name="StatusIndex">Its entry.</param>
/// <param name="KeySerial">Serial of the certificate that signed it.</param>
internal sealed record SignedCode(string Text, byte[] Sha256, long StatusList, int StatusIndex, long KeySerial)
{
    /// <summary>Shows the hash, not the text.</summary>
    public override string ToString() => $"code {Convert.ToHexStringLower(Sha256.AsSpan(0, 8))}";
}
