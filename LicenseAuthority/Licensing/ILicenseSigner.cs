namespace LicenseAuthority.Licensing;

/// <summary>Turns a license into a signed license code.</summary>
internal interface ILicenseSigner
{
    /// <summary>
    /// Signs the code of the license as it is (number and time come from <see cref="License.Generation"/> and <see cref="License.CodeIssuedAt"/>)
    /// and checks it with what licensed software will check it with. Throws <see cref="SigningException"/> when the result would be refused there.
    /// Thread-safe; call it outside the store, it is the most expensive part of issuing.
    /// </summary>
    ValueTask<SignedCode> SignAsync(License license, CancellationToken cancellationToken);
}
