using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Webhooks;

/// <summary>The secrets of webhooks hang on the keys' passphrase, and come over to another one with a start that knows both.</summary>
[OnEveryDatabase]
internal sealed class PreviousPassphraseTests : WebhookTests
{
    private const string Passphrase = "Keys:Passphrase=a passphrase after the change";
    private const string Previous = $"Keys:PreviousPassphrase={KeyPassphrase.Development}";

    [Test]
    public async Task Start_WithThePreviousPassphrase_SecretsComeOverOnce()
    {
        var added = await SubscribeAsync(Receiver, "license.issued");
        var secret = Convert.FromBase64String(added.GetProperty("secret").GetString()!["whsec_".Length..]);
        await App.RestartAsync(Passphrase);
        Assert.That(await SecretAsync(added.GetProperty("id").GetString()!), Is.Null, "it hangs on the passphrase");

        await App.RestartAsync(Passphrase, Previous);
        var stored = Stored();
        Assert.That(await SecretAsync(added.GetProperty("id").GetString()!), Is.EqualTo(secret));
        await App.RestartAsync(Passphrase, Previous);
        Assert.That(Stored(), Is.EqualTo(stored), "the second start changes nothing");
        await App.RestartAsync(Passphrase);

        await App.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        await SendAsync();
        Assert.That(Receiver.Received, Has.Count.EqualTo(1));
        Assert.That(App.Logs.Lines.Where(line => line.Message.Contains("were brought over", StringComparison.Ordinal)), Has.One.Items);
        Assert.That(App.Logs.Lines.Where(line => line.Message.Contains("needed no more", StringComparison.Ordinal)), Has.One.Items);
    }

    [Test]
    public async Task Start_WithAWrongPreviousPassphrase_WarnsAndLosesNothing()
    {
        var added = await SubscribeAsync(Receiver, "license.issued");
        var stored = Stored();

        await App.RestartAsync(Passphrase, "Keys:PreviousPassphrase=some other passphrase");

        Assert.That(Stored(), Is.EqualTo(stored));
        Assert.That(App.Logs.Lines.Where(line => line.Message.Contains("open neither with", StringComparison.Ordinal)), Has.One.Items);
        await App.RestartAsync(Passphrase, Previous);
        Assert.That(await SecretAsync(added.GetProperty("id").GetString()!), Is.Not.Null);
    }

    private byte[] Stored() => (byte[])App.Query("SELECT secret FROM webhooks").Single();

    private Task<byte[]?> SecretAsync(string id) => App.Services.GetRequiredService<WebhookSecrets>().TryDecryptAsync(id, Stored(), CancellationToken.None);
}
