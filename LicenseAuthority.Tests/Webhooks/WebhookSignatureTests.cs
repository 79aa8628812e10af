using System.Text;
using LicenseAuthority.Webhooks;

namespace LicenseAuthority.Tests.Webhooks;

internal sealed class WebhookSignatureTests
{
    // The example that the libraries of standardwebhooks.com test themselves with.
    [Test]
    public void Sign_TheExampleOfTheStandard_GivesItsSignature() => Assert.That(
        WebhookSignature.Sign(
            Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, Encoding.UTF8.GetBytes("{\"test\": 2432232314}")),
        Is.EqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}
