using LicenseAuthority.Keys;

namespace LicenseAuthority.Tests.Keys;

internal sealed class KeyOptionsTests
{
    [Test]
    public void ToString_WithPassphrase_DoesNotShowIt()
    {
        var text = new KeyOptions { Passphrase = KeyFolder.Passphrase }.ToString();

        Assert.That(text, Does.Contain("Passphrase = set").And.Not.Contains("horse"));
        Assert.That(new KeyOptions().ToString(), Does.Contain("Directory = keys").And.Contains("Passphrase = none"));
    }
}
