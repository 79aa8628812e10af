namespace LicenseAuthority.Tests.Hosting;

internal sealed class ListenAddressesTests
{
    [TestCase("http://127.0.0.1:5080")]
    [TestCase("HTTP://LOCALHOST")]
    [TestCase("http://*:5080/")]
    [TestCase("https://+:443")]
    [TestCase("http://[::1]:5080")]
    [TestCase("http://[fe80::1%1]")]
    [TestCase("http://licenses.example.com:0")]
    [TestCase("http://unix:/run/license-authority.sock")]
    public void FindFault_Address_IsNone(string address) => Assert.That(ListenAddresses.FindFault(address), Is.Null);

    [TestCase("localhost:5080", "neither http")]
    [TestCase("ftp://localhost:5080", "neither http")]
    [TestCase("5080", "neither http")]
    [TestCase("http://", "no host")]
    [TestCase("http://:5080", "no host")]
    [TestCase("http://localhost:", "port")]
    [TestCase("http://localhost:65536", "port")]
    [TestCase("http://localhost:-1", "port")]
    [TestCase("http://localhost:5080/licenses", "path")]
    [TestCase("http://::1:5080", "in brackets")]
    [TestCase("http://[::1:5080", "no ]")]
    [TestCase("http://[::1]]:5080", "] too many")]
    [TestCase("http://[::1]:5080]", "] too many")]
    [TestCase("http://[::1]5080", "between")]
    [TestCase("http://[localhost]:5080", "no IPv6 address")]
    [TestCase("http://localhost]:5080", "nowhere else")]
    public void FindFault_NoAddress_SaysWhatIsWrong(string address, string why) => Assert.That(ListenAddresses.FindFault(address), Does.Contain(why));
}
