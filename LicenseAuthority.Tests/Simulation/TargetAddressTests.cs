using LicenseAuthority.Simulation;

namespace LicenseAuthority.Tests.Simulation;

/// <summary>What may stand behind <c>--against</c>.</summary>
internal sealed class TargetAddressTests
{
    [TestCase("https://license.example.com", "https://license.example.com/marketplace/koogallery", "https://license.example.com/", null)]
    [TestCase("https://license.example.com/", "https://license.example.com/marketplace/koogallery", "https://license.example.com/", null)]
    [TestCase("http://localhost:5080", "http://localhost:5080/marketplace/koogallery", "http://localhost:5080/", null)]
    [TestCase("https://example.com/licenses/", "https://example.com/licenses/marketplace/koogallery", "https://example.com/licenses/", null)]
    [TestCase("https://example.com/marketplace/koogallery", "https://example.com/marketplace/koogallery", "https://example.com/", null)]
    [TestCase("https://example.com/licenses/marketplace/koogallery/acme", "https://example.com/licenses/marketplace/koogallery/acme", "https://example.com/licenses/", "acme")]
    public void Address_IsABaseOrAProductionAddress(string text, string production, string @base, string? account)
    {
        var address = TargetAddress.Parse(text);

        Assert.That((address.Production.AbsoluteUri, address.Base.AbsoluteUri, address.Account), Is.EqualTo((production, @base, account)));
    }

    [TestCase("license.example.com")]
    [TestCase("/marketplace/koogallery")]
    [TestCase("file:///etc/passwd")]
    [TestCase("http://license.example.com")]
    [TestCase("http://192.0.2.1:5080")]
    [TestCase("https://user@license.example.com")]
    [TestCase("https://license.example.com?x=1")]
    [TestCase("https://license.example.com#x")]
    [TestCase("https://license.example.com/marketplace/koogallery/acme/more")]
    [TestCase("https://license.example.com/marketplace/koogallerys")]
    public void Address_ThatIsNone_IsRefused(string text) => Assert.Throws<SimulationException>(() => TargetAddress.Parse(text));
}
