using System.Net;
using LicenseAuthority.Webhooks;

namespace LicenseAuthority.Tests.Webhooks;

internal sealed class GlobalAddressTests
{
    [TestCase("8.8.8.8")]
    [TestCase("1.0.0.1")]
    [TestCase("100.63.255.255")]
    [TestCase("100.128.0.0")]
    [TestCase("172.15.255.255")]
    [TestCase("172.32.0.0")]
    [TestCase("223.255.255.255")]
    [TestCase("2600::1")]
    [TestCase("2001:4860:4860::8888")]
    [TestCase("::ffff:8.8.8.8")]
    [TestCase("64:ff9b::808:808")]
    public void Is_ForEverybody_True(string address) => Assert.That(GlobalAddress.Is(IPAddress.Parse(address)), Is.True);

    [TestCase("0.0.0.0")]
    [TestCase("127.0.0.1")]
    [TestCase("127.255.255.254")]
    [TestCase("10.0.0.1")]
    [TestCase("10.255.255.255")]
    [TestCase("100.64.0.1")]
    [TestCase("100.100.100.200")]
    [TestCase("169.254.169.254")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.255")]
    [TestCase("192.0.0.192")]
    [TestCase("192.0.2.1")]
    [TestCase("192.88.99.1")]
    [TestCase("192.168.1.1")]
    [TestCase("198.18.0.1")]
    [TestCase("198.19.255.255")]
    [TestCase("198.51.100.1")]
    [TestCase("203.0.113.1")]
    [TestCase("224.0.0.1")]
    [TestCase("240.0.0.1")]
    [TestCase("255.255.255.255")]
    [TestCase("::")]
    [TestCase("::1")]
    [TestCase("::7f00:1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("::ffff:169.254.169.254")]
    [TestCase("::ffff:0:10.0.0.1")]
    [TestCase("64:ff9b::7f00:1")]
    [TestCase("64:ff9b::a9fe:a9fe")]
    [TestCase("64:ff9b:1::808:808")]
    [TestCase("100::1")]
    [TestCase("2001::1")]
    [TestCase("2001:db8::1")]
    [TestCase("2002:7f00:1::")]
    [TestCase("3fff::1")]
    [TestCase("5f00::1")]
    [TestCase("fc00::1")]
    [TestCase("fd00:ec2::254")]
    [TestCase("fe80::1")]
    [TestCase("fe80::1%2")]
    [TestCase("fec0::1")]
    [TestCase("ff02::1")]
    public void Is_NotForEverybody_False(string address) => Assert.That(GlobalAddress.Is(IPAddress.Parse(address)), Is.False);

    [Test]
    public void Choose_SomeAreGlobal_OnlyThoseAreConnectedTo()
    {
        var chosen = WebhookConnections.Choose([IPAddress.Loopback, IPAddress.Parse("8.8.8.8"), IPAddress.IPv6Loopback], allowPrivateAddresses: false);

        Assert.That(chosen, Is.EqualTo([IPAddress.Parse("8.8.8.8")]));
    }

    [Test]
    public void Choose_NoneIsGlobal_Refused() => Assert.That(
        () => WebhookConnections.Choose([IPAddress.Loopback, IPAddress.Parse("10.1.2.3")], allowPrivateAddresses: false), Throws.TypeOf<WebhookAddressException>());

    [Test]
    public void Choose_PrivateOnesAllowed_All() =>
        Assert.That(WebhookConnections.Choose([IPAddress.Loopback], allowPrivateAddresses: true), Has.Length.EqualTo(1));
}
