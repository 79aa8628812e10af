using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Keys;

/// <summary>The database remembers which keys served it, and does not take others for them.</summary>
[OnEveryDatabase]
public sealed class CertificateLedgerTests
{
    [Test]
    public async Task Start_KeysAreLostButLicensesAreThere_NoNewOnesAreMade()
    {
        await using var application = await LicenseAuthorityApplication.StartAsync();
        var keys = Path.Combine(application.Folder, "keys");
        Directory.Move(keys, keys + "-lost");

        var refusal = await Assert.ThrowsAsync<KeyException>(() => application.RestartAsync());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refusal!.Message, Does.Contain("Keys:Directory").And.Contains("backup"));
            Assert.That(Directory.Exists(keys), Is.False, "nothing was generated");
        }

        Directory.Move(keys + "-lost", keys);
        await application.RestartAsync();
    }

    [Test]
    public async Task Start_KeysAreAnOldCopy_Refused()
    {
        await using var application = await LicenseAuthorityApplication.StartAsync();
        await application.StopAsync();
        application.Change("UPDATE signing_keys SET serial = serial + 1");

        var refusal = await Assert.ThrowsAsync<KeyException>(() => application.RestartAsync());

        Assert.That(refusal!.Message, Does.Contain("an old copy of the keys"));
    }

    [Test]
    public async Task Start_Again_RecordsTheCertificateOnce()
    {
        await using var application = await LicenseAuthorityApplication.StartAsync();

        await application.RestartAsync();

        Assert.That(application.Query("SELECT count(*) FROM signing_keys"), Is.EqualTo(new object[] { 1L }));
    }
}
