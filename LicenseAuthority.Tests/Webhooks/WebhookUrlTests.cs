using LicenseAuthority.Webhooks;

namespace LicenseAuthority.Tests.Webhooks;

internal sealed class WebhookUrlTests
{
    [TestCase("https://hooks.example.com")]
    [TestCase("https://hooks.example.com:8443/a/b?token=1")]
    [TestCase("https://8.8.8.8/")]
    [TestCase("https://许可.example/")]
    public void FindFault_PublicHttps_None(string url) => Assert.That(WebhookUrl.FindFault(url, allowPrivateAddresses: false), Is.Null);

    [TestCase("", "absolute")]
    [TestCase("hooks", "absolute")]
    [TestCase("/hooks", "absolute")]
    [TestCase("ftp://hooks.example.com/", "absolute")]
    [TestCase("file:///etc/passwd", "absolute")]
    [TestCase("https://", "absolute")]
    [TestCase(" https://hooks.example.com/", "absolute")]
    [TestCase("https://hooks.example.com/\r\nx", "absolute")]
    [TestCase("http://hooks.example.com/", "https")]
    [TestCase("https://user:password@hooks.example.com/", "password")]
    [TestCase("https://user@hooks.example.com/", "password")]
    [TestCase("https://hooks.example.com/#a", "fragment")]
    [TestCase("https://127.0.0.1/", "not public")]
    [TestCase("https://2130706433/", "not public")]
    [TestCase("https://0x7f.1/", "not public")]
    [TestCase("https://10.0.0.1/", "not public")]
    [TestCase("https://169.254.169.254/latest/meta-data", "not public")]
    [TestCase("https://[::1]/", "not public")]
    [TestCase("https://[::ffff:127.0.0.1]/", "not public")]
    [TestCase("https://[fd00::1]/", "not public")]
    [TestCase("https://[fe80::1%25eth0]/", "")]
    public void FindFault_AnythingElse_SaysWhat(string url, string word) => Assert.That(WebhookUrl.FindFault(url, allowPrivateAddresses: false), Does.Contain(word));

    [Test]
    public void FindFault_TooLong_SaysSo() =>
        Assert.That(WebhookUrl.FindFault("https://hooks.example.com/" + new string('a', WebhookUrl.Longest), allowPrivateAddresses: false), Does.Contain("2000"));

    [TestCase("http://127.0.0.1:5000/")]
    [TestCase("http://crm.internal/")]
    public void FindFault_PrivateAllowed_None(string url) => Assert.That(WebhookUrl.FindFault(url, allowPrivateAddresses: true), Is.Null);

    [TestCase("https://user:password@crm.internal/")]
    [TestCase("ftp://crm.internal/")]
    public void FindFault_PrivateAllowed_TheRestIsStillRefused(string url) => Assert.That(WebhookUrl.FindFault(url, allowPrivateAddresses: true), Is.Not.Null);
}
