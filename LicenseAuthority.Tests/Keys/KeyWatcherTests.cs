using System.Net;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Keys;

/// <summary>A running service finds a newer issuing key, and does not sign with an older one than the other nodes have.</summary>
[OnEveryDatabase]
internal sealed class KeyWatcherTests
{
    // Making a key takes half a second by design: the tests share them.
    private static readonly Lazy<KeyFiles> Next = new(() => KeyFiles.Development.Next(LicenseAuthorityApplication.Now));
    private static readonly Lazy<KeyFiles> Revoking = new(() => KeyFiles.Development.Next(LicenseAuthorityApplication.Now, revokeOlder: true));
    private static readonly Lazy<KeyFiles> Forgetting = new(() => KeyFiles.Development.Next(LicenseAuthorityApplication.Now + TimeSpan.FromMinutes(1)));

    [Test]
    public async Task NewKey_WhileServing_SignsWithinSecondsAndOldCodesStillVerify()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var old = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        Next.Value.CopyTo(KeysOf(app));
        using var patience = new CancellationTokenSource(Patience.Length);
        while ((await KeyIdsAsync(app)).Count == 1)
        {
            patience.Token.ThrowIfCancellationRequested();
            app.Time.Advance(KeyWatcher.Interval);
        }

        var current = app.Check((await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"))).License);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(current.Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(current.License!.KeyId, Is.EqualTo(Next.Value.Certificate!.KeyId));
            Assert.That(app.Check(old.License).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(app.Check(old.License).License!.KeyId, Is.EqualTo(KeyFiles.Development.Certificate!.KeyId));
            Assert.That(app.Query("SELECT max(serial) FROM signing_keys"), Is.EqualTo(new object[] { (long)Next.Value.Certificate.Serial }));
            Assert.That(app.Logs.Lines.Where(line => line.Message.StartsWith("From now on signing with", StringComparison.Ordinal)), Has.One.Items);
        }
    }

    [Test]
    public async Task NewKey_RevokesTheOlder_TheyLeaveTheKeySet()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var old = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        Revoking.Value.CopyTo(KeysOf(app));
        await CheckAsync(app);

        var current = await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"));
        var verifier = new LicenseVerifier(LicenseAuthorityApplication.RootLines, "demo-product", new LicenseVerifierOptions { TimeProvider = app.Time });
        Assert.That(await KeyIdsAsync(app), Is.EqualTo(new[] { Revoking.Value.Certificate!.KeyId }));
        Assert.That(verifier.Check(current.License).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(verifier.Check(old.License).Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey));
    }

    // A certificate made on a copy of the directory from before: with the next start the revoked keys were shown again, and no code was made anew.
    [Test]
    public async Task RevocationIsKnown_LaterCertificateDoesNotSaySo_KeysStayRevokedAndAWarningTells()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        Revoking.Value.CopyTo(KeysOf(app));
        await CheckAsync(app);
        await app.StopAsync();
        foreach (var path in Directory.GetFiles(KeysOf(app), $"*{Revoking.Value.Certificate!.Serial}*"))
        {
            File.Delete(path);
        }

        Forgetting.Value.CopyTo(KeysOf(app));
        await app.RestartAsync();
        var atStart = await KeyIdsAsync(app);
        await CheckAsync(app);
        await CheckAsync(app);

        string[] newest = [Forgetting.Value.Certificate!.KeyId];
        Assert.That((atStart, await KeyIdsAsync(app)), Is.EqualTo(((IReadOnlyList<string>)newest, (IReadOnlyList<string>)newest)));
        Assert.That(app.Services.GetRequiredService<LiveKeys>().MinimumSerial, Is.EqualTo(Revoking.Value.Certificate.Serial));
        Assert.That(app.Logs.Lines.Where(line => line.Message.Contains("was made where a revocation was not known", StringComparison.Ordinal)), Has.One.Items);
    }

    [Test]
    public async Task NewKey_WhileOrdersCome_AllAreServed()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        await app.Marketplace.SendAsync(GetLicenseCall.For("CS0"));
        Next.Value.CopyTo(KeysOf(app));

        var orders = Enumerable.Range(1, 40).Select(number => app.Marketplace.SendAsync(GetLicenseCall.For($"CS{number}"))).ToList();
        await CheckAsync(app);
        var replies = await Task.WhenAll(orders);

        Assert.That(replies.Select(reply => reply.ResultCode), Has.All.EqualTo("000000"));
        Assert.That(replies.Select(reply => app.Check(reply.License).Outcome), Has.All.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public async Task DatabaseKnowsANewerKey_ItIsMissing_NotReadyUntilItComes()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var before = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        // As another node would.
        await app.Services.GetRequiredService<ICertificateLedger>().RecordAsync([Next.Value.Certificate!]);
        await CheckAsync(app);
        await CheckAsync(app);

        Assert.That((await ReadyAsync(app)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"))).ResultCode, Is.EqualTo("000005"));
        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).License, Is.EqualTo(before.License), "what was signed is still given out");
        var told = app.Logs.Lines.Where(line => line.Message.StartsWith("This node is not ready", StringComparison.Ordinal)).ToList();
        Assert.That(told, Has.One.Items);
        Assert.That(told[0].Level, Is.EqualTo(LogLevel.Error));
        Assert.That(told[0].Message, Does.Contain(KeyDirectory.PrivateKeyFile(Next.Value.Certificate!.Serial)));

        Next.Value.CopyTo(KeysOf(app));
        await CheckAsync(app);

        Assert.That((await ReadyAsync(app)).Status, Is.EqualTo(HttpStatusCode.OK));
        var after = app.Check((await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"))).License);
        Assert.That(after.License!.KeyId, Is.EqualTo(Next.Value.Certificate.KeyId));
        Assert.That(app.Logs.Lines.Where(line => line.Message.StartsWith("This node signs again", StringComparison.Ordinal)), Has.One.Items);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task NewKey_IsDamagedOrLacksItsPrivateKey_TheOldOneStaysAndItIsToldOnce(bool damaged)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var serial = Next.Value.Certificate!.Serial;
        var certificate = Path.Combine(KeysOf(app), KeyDirectory.CertificateFile(serial));
        var privateKey = Path.Combine(KeysOf(app), KeyDirectory.PrivateKeyFile(serial));
        Next.Value.CopyTo(KeysOf(app));
        if (damaged)
        {
            await File.WriteAllTextAsync(certificate, "damaged");
        }
        else
        {
            File.Delete(privateKey);
        }

        await CheckAsync(app);
        await CheckAsync(app);
        app.Time.Advance(TimeSpan.FromMinutes(1));
        await CheckAsync(app);

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        Assert.That(app.Check(reply.License).License!.KeyId, Is.EqualTo(KeyFiles.Development.Certificate!.KeyId));
        Assert.That(app.Logs.Lines.Where(line => line.Message.StartsWith("The keys directory has changed", StringComparison.Ordinal)), Has.One.Items);
        var (status, keys) = await ReadyAsync(app);
        Assert.That((status, keys), Is.EqualTo((HttpStatusCode.OK, "Degraded")));
        Assert.That(app.Query("SELECT count(*) FROM signing_keys"), Is.EqualTo(new object[] { 1L }), "only what signs is recorded");

        File.Delete(certificate);
        File.Delete(privateKey);
        Next.Value.CopyTo(KeysOf(app));
        await CheckAsync(app);

        Assert.That((await ReadyAsync(app)).Keys, Is.EqualTo("Healthy"));
        reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS2"));
        Assert.That(app.Check(reply.License).License!.KeyId, Is.EqualTo(Next.Value.Certificate.KeyId));
    }

    [Test]
    public async Task KeyInUse_IsTakenAway_StaysInUse()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        Next.Value.CopyTo(KeysOf(app));
        await CheckAsync(app);
        var serial = Next.Value.Certificate!.Serial;
        File.Delete(Path.Combine(KeysOf(app), KeyDirectory.CertificateFile(serial)));
        File.Delete(Path.Combine(KeysOf(app), KeyDirectory.PrivateKeyFile(serial)));

        await CheckAsync(app);

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        Assert.That(app.Check(reply.License).License!.KeyId, Is.EqualTo(Next.Value.Certificate.KeyId));
        Assert.That(app.Logs.Lines.Where(line => line.Message.Contains("restore it, or the next start fails", StringComparison.Ordinal)), Has.One.Items);
    }

    private static string KeysOf(LicenseAuthorityApplication app) => Path.Combine(app.Folder, "keys");

    // The service does the same by its clock, which stands still here.
    private static Task CheckAsync(LicenseAuthorityApplication app) => app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);

    private static async Task<IReadOnlyList<string>> KeyIdsAsync(LicenseAuthorityApplication app)
    {
        using var set = JsonDocument.Parse(await app.Client.GetStringAsync(new Uri("/.well-known/jwks.json", UriKind.Relative)));
        return [.. set.RootElement.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!)];
    }

    private static async Task<(HttpStatusCode Status, string? Keys)> ReadyAsync(LicenseAuthorityApplication app)
    {
        using var response = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        var report = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, report.GetProperty("checks").GetProperty("keys").GetProperty("status").GetString());
    }
}
