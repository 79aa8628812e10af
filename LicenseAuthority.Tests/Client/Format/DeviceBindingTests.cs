using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Tests.Client.Format;

public sealed class DeviceBindingTests
{
    [Test]
    public void ComputeId_KnownInput_FollowsTheFormula()
    {
        byte[] hashed = [.. "license-authority/device/v1"u8, 0, .. "lic_1"u8, 0, .. Encoding.UTF8.GetBytes("\u4e3b\u677f 42")];

        var id = DeviceBinding.ComputeId("lic_1", " \t\u4e3b\u677f 42\r\n");

        Assert.That(id, Is.EqualTo(StrictBase64Url.Encode(SHA256.HashData(hashed), 16)));
        Assert.That(id, Has.Length.EqualTo(22));
    }

    [Test]
    public void ComputeId_OtherLicenseOrFingerprint_GivesAnotherId()
    {
        string[] ids =
        [
            DeviceBinding.ComputeId("lic_1", "a"),
            DeviceBinding.ComputeId("lic_2", "a"),
            DeviceBinding.ComputeId("lic_1", "A"),
            DeviceBinding.ComputeId("lic_1", "\u00a0a"),
        ];

        Assert.That(ids, Is.Unique);
    }
}
