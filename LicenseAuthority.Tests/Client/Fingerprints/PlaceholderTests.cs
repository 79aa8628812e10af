using LicenseAuthority.Client.Fingerprints;

namespace LicenseAuthority.Tests.Client.Fingerprints;

internal sealed class PlaceholderTests
{
    [TestCase("")]
    [TestCase("   ")]
    [TestCase("To be filled by O.E.M.")]
    [TestCase("TO BE FILLED BY O.E.M")]
    [TestCase("Default string")]
    [TestCase("System Serial Number")]
    [TestCase("Not Specified")]
    [TestCase("None")]
    [TestCase("N/A")]
    [TestCase("0")]
    [TestCase("0000000000")]
    [TestCase("00000000-0000-0000-0000-000000000000")]
    [TestCase("ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [TestCase("03000200-0400-0500-0006-000700080009")]
    [TestCase("12345678-1234-5678-90ab-cddeefaabbcc")]
    [TestCase("00:00:00:00:00:00")]
    [TestCase("02:00:00:00:00:00")]
    [TestCase("0123456789")]
    [TestCase("t10.ATA     QEMU HARDDISK                           QM00001")]
    [TestCase("uninitialized")]
    public void Is_WhatManyMachinesHave_True(string value) => Assert.That(Placeholder.Is(value), Is.True);

    [TestCase("S5H9NS0N812345X")]
    [TestCase("4c4c4544-0042-3510-8048-b4c04f4e3133")]
    [TestCase("54:e1:ad:12:34:56")]
    [TestCase("naa.5002538e40a1b2c3")]
    [TestCase("VB8a1b2c3d-4e5f6071")]
    [TestCase("C02XK1ZJJGH5")]
    public void Is_WhatOneMachineHas_False(string value) => Assert.That(Placeholder.Is(value), Is.False);
}
