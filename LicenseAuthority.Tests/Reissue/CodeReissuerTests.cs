using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Reissue;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Reissue;

/// <summary>What becomes of the codes that a stolen key has signed.</summary>
[OnEveryDatabase]
internal sealed class CodeReissuerTests
{
    private static readonly Lazy<KeyFiles> Next = new(() => KeyFiles.Development.Next(LicenseAuthorityApplication.Now));
    private static readonly Lazy<KeyFiles> Revoking = new(() => KeyFiles.Development.Next(LicenseAuthorityApplication.Now, revokeOlder: true));

    [Test]
    public async Task KeyRevoked_EveryCodeThatCountsIsMadeAnewAndNoOther()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        using var webhook = new StringContent("""{"url":"https://hooks.invalid/licenses","events":["license.reissued"]}""", Encoding.UTF8, "application/json");
        Assert.That((await app.Admin.PostAsync("webhooks", webhook)).Code, Is.Null);
        var overByTheClock = await SoldLicense.BuyAsync(app);
        var over = (app.Time.GetUtcNow() - SoldLicense.Grace).ToUnixTimeMilliseconds();
        app.Change($"UPDATE licenses SET expires_at = {over}, next_due_at = {over}");
        var active = await SoldLicense.BuyAsync(app);
        var frozen = await SoldLicense.BuyAsync(app);
        await frozen.CommandAsync("freeze");
        var revoked = await SoldLicense.BuyAsync(app);
        await revoked.CommandAsync("revoke");
        var released = await SoldLicense.BuyAsync(app);
        await released.ReleaseAsync();

        await UseAsync(app, Revoking.Value);
        Assert.That(await ReadyAsync(app), Is.EqualTo(("Degraded", "A key was revoked, and the license codes that it signed are being counted.")));
        await ReissueAsync(app);

        var again = (await active.BuyAgainAsync()).License;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(app.Check(again).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(app.Check(again).License!.KeyId, Is.EqualTo(Revoking.Value.Certificate!.KeyId));
            Assert.That((await SoldLicense.FetchCodeAsync(app, active.FirstCode)).Json.GetProperty("code").GetString(), Is.EqualTo(again), "the old code proves who asks");
            Assert.That(await active.EventWordsAsync(), Is.EqualTo(["license.issued marketplace", "license.reissued keys"]));
            Assert.That(await frozen.StateAsync(), Is.EqualTo("Frozen"));
            Assert.That(
                new[] { active, frozen, revoked, released, overByTheClock }.Select(license => Codes(app, license)), Is.EqualTo([2L, 2L, 1L, 1L, 1L]));
            Assert.That(
                app.Query($"SELECT key_serial FROM codes WHERE license_id = '{active.Id}' ORDER BY generation"),
                Is.EqualTo([(long)KeyFiles.Development.Certificate!.Serial, (long)Revoking.Value.Certificate.Serial]));
            Assert.That(app.Query("SELECT count(*) FROM outbox"), Is.EqualTo([2L]), "one message for each new code");
        }
    }

    [Test]
    public async Task KeyRevoked_EachDeviceThatHasItsPlaceGetsANewCode()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app, call => call.With("amount", "9"));
        var (first, firstCode) = await new Device(app, "a").PlacedAsync(license.FirstCode);
        var (second, _) = await new Device(app, "b").PlacedAsync(license.FirstCode);
        var (freed, freedCode) = await new Device(app, "freed").PlacedAsync(license.FirstCode);
        Assert.That((await Device.FreeAsync(app, freed, freedCode)).Status, Is.EqualTo(204));
        var (over, _) = await new Device(app, "over").PlacedAsync(license.FirstCode, lease: 60);
        app.Change($"UPDATE activations SET lease_until = {app.Time.GetUtcNow().AddSeconds(-1).ToUnixTimeMilliseconds()} WHERE id = '{over}'");

        await UseAsync(app, Revoking.Value);
        await ReissueAsync(app);

        var newest = (await SoldLicense.FetchCodeAsync(app, firstCode)).Json.GetProperty("code").GetString();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(new Device(app, "a").Check(newest).License!.KeyId, Is.EqualTo(Revoking.Value.Certificate!.KeyId));
            Assert.That(
                new[] { first, second, freed, over }.Select(id => (long)app.Query($"SELECT count(*) FROM codes WHERE device = '{id}'")[0]), Is.EqualTo([2L, 2L, 1L, 1L]));
            Assert.That(app.Query("SELECT count(*) FROM codes WHERE device IS NULL"), Is.EqualTo([2L]));
            Assert.That(app.Query("SELECT count(*) FROM events WHERE type = 'license.reissued'"), Is.EqualTo([3L]));
            Assert.That(app.Query("SELECT count(*) FROM reissue WHERE remaining = 0"), Is.EqualTo([1L]));
        }
    }

    [Test]
    public async Task KeyRevoked_CodesThatItSigned_StillGetAPlaceAndGiveItUp()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app, call => call.With("amount", "2"));
        var placed = new Device(app, "a");
        var (id, oldCode) = await placed.PlacedAsync(license.FirstCode);
        await UseAsync(app, Revoking.Value);
        await ReissueAsync(app);
        var other = new Device(app, "b");

        var (_, code) = await other.PlacedAsync(license.FirstCode);
        var (again, newest) = await placed.PlacedAsync(oldCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(other.Check(code).License!.KeyId, Is.EqualTo(Revoking.Value.Certificate!.KeyId));
            Assert.That(placed.Check(newest).License!.KeyId, Is.EqualTo(Revoking.Value.Certificate.KeyId));
            Assert.That(again, Is.EqualTo(id));
            Assert.That((await Device.FreeAsync(app, id, oldCode)).Status, Is.EqualTo(204));
        }
    }

    [Test]
    public async Task KeyRevoked_NoneIsLeft_EndsOnceNoOtherNodeCanSignWithTheOldKey()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        await UseAsync(app, Revoking.Value);
        await ReissueAsync(app);
        Assert.That(app.Query("SELECT count(*) FROM reissue WHERE remaining = 0 AND ended_at IS NULL"), Is.EqualTo([1L]));
        Assert.That((await ReadyAsync(app)).Status, Is.EqualTo("Healthy"));

        // What a node that lags behind may still have stored.
        app.Change($"UPDATE codes SET key_serial = {KeyFiles.Development.Certificate!.Serial}");
        await UntilAsync(app, "SELECT count(*) FROM reissue WHERE remaining = 0 AND ended_at IS NOT NULL");

        Assert.That(Codes(app, license), Is.EqualTo(3));
    }

    // A failover to before the end: the service had seen the end, and did not look again before its next start.
    [Test]
    public async Task Ended_DatabaseIsTakenBackToBefore_GoesOn()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        await EndAsync(app);

        app.Change($"UPDATE codes SET key_serial = {KeyFiles.Development.Certificate!.Serial}; UPDATE reissue SET position = 0, remaining = NULL, ended_at = NULL");
        await UntilAsync(app, "SELECT count(*) FROM reissue WHERE remaining = 0 AND ended_at IS NOT NULL AND (SELECT count(*) FROM codes) = 3");

        Assert.That(Codes(app, license), Is.EqualTo(3));
    }

    // Whoever lagged for longer than it was waited for left its customer with a dead code.
    [TestCase(false)]
    [TestCase(true)]
    public async Task Ended_ANodeThatLaggedStoresACodeByTheOldKey_ItIsMadeAnewToo(bool restart)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        await EndAsync(app);

        app.Change($"UPDATE codes SET key_serial = {KeyFiles.Development.Certificate!.Serial}");
        if (restart)
        {
            await app.RestartAsync();
        }

        await UntilAsync(app, "SELECT count(*) FROM reissue WHERE remaining = 0 AND ended_at IS NOT NULL AND (SELECT count(*) FROM codes) = 3");
        Assert.That(Codes(app, license), Is.EqualTo(3));
    }

    [Test]
    public async Task KeyReplacedAndNotRevoked_NothingIsMadeAnew()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);

        await UseAsync(app, Next.Value);
        await ReissueAsync(app);

        Assert.That(Codes(app, license), Is.EqualTo(1));
        Assert.That(await ReadyAsync(app), Is.EqualTo(("Healthy", "No key was revoked.")));
    }

    [Test]
    public async Task CutShort_GoesOnAndNoCodeIsMadeTwice()
    {
        using var killed = new CancellationTokenSource();
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"], builder => builder.Services.AddSingleton<ICommitListener>(new Killing(killed)));
        var licenses = await BuyAsync(app, 12);
        await UseAsync(app, Revoking.Value);

        Assert.That(() => app.Services.GetRequiredService<CodeReissuer>().ReissueAsync(killed.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(licenses.Sum(license => Codes(app, license)), Is.InRange(13, 23), "it was in the middle");
        await ReissueAsync(app);

        Assert.That(licenses.Select(license => Codes(app, license)), Is.All.EqualTo(2));
    }

    [Test]
    public async Task AnotherProcessDoesIt_LeftToItUntilItIsGoneAndThenGoesOnWhereItStood()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var licenses = await BuyAsync(app, 3);
        var position = (long)app.Query("SELECT min(id) FROM codes")[0];
        var until = (app.Time.GetUtcNow() + CodeReissuer.Hold).ToUnixTimeMilliseconds();
        await UseAsync(app, Revoking.Value);
        app.Change(string.Create(
            CultureInfo.InvariantCulture,
            $"DELETE FROM reissue; INSERT INTO reissue (only_one, min_serial, position, remaining, holder, held_until) VALUES (1, {Revoking.Value.Certificate!.Serial}, {position}, 3, 'another', {until})"));

        await ReissueAsync(app);
        Assert.That(licenses.Sum(license => Codes(app, license)), Is.EqualTo(3));
        Assert.That(await ReadyAsync(app), Is.EqualTo(("Degraded", "3 license codes are signed by a revoked key and have still to be made anew.")));

        await UntilAsync(app, "SELECT count(*) FROM reissue WHERE remaining = 0");
        Assert.That(licenses.Select(license => Codes(app, license)), Is.All.EqualTo(2), "what lies before the position too: it counts from the beginning in the end");
    }

    [Test]
    public async Task OneCannotBeSigned_TheOthersAreAndItIsTriedAgain()
    {
        var signer = new PickySigner();
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], signer.Replace);
        var licenses = await BuyAsync(app, 3);
        signer.Refused[licenses[0].Id] = true;
        await UseAsync(app, Revoking.Value);

        await ReissueAsync(app);
        Assert.That(licenses.Select(license => Codes(app, license)), Is.EqualTo([1L, 2L, 2L]));
        Assert.That(await ReadyAsync(app), Is.EqualTo(("Degraded", "1 license codes are signed by a revoked key and have still to be made anew.")));

        signer.Refused.Clear();
        await UntilAsync(app, "SELECT count(*) FROM reissue WHERE remaining = 0");
        Assert.That(licenses.Select(license => Codes(app, license)), Is.All.EqualTo(2));
    }

    [Test]
    public async Task LicenseChangesMeanwhile_ItsNewCodeStays()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        await license.RefreshAsync(app.Time.GetUtcNow().AddDays(40));

        await app.Services.GetRequiredService<LicenseService>().ReissueAsync(license.Id, 1, new CallSource("keys", "Reissue"), "theft", CancellationToken.None);

        Assert.That(Codes(app, license), Is.EqualTo(2));
    }

    // The service does it by itself: here it finds the revocation when it starts.
    [Test]
    public async Task Start_KeyWasRevokedMeanwhile_CodesAreMadeAnew()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        await app.StopAsync();
        Revoking.Value.CopyTo(Path.Combine(app.Folder, "keys"));

        await app.RestartAsync();

        await UntilAsync(app, "SELECT count(*) FROM reissue WHERE remaining = 0");
        Assert.That(app.Check((await license.BuyAgainAsync()).License).License!.KeyId, Is.EqualTo(Revoking.Value.Certificate!.KeyId));
    }

    private static async Task<List<SoldLicense>> BuyAsync(LicenseAuthorityApplication app, int count)
    {
        var licenses = new List<SoldLicense>();
        for (var i = 0; i < count; i++)
        {
            licenses.Add(await SoldLicense.BuyAsync(app));
        }

        return licenses;
    }

    private static async Task UseAsync(LicenseAuthorityApplication app, KeyFiles keys)
    {
        keys.CopyTo(Path.Combine(app.Folder, "keys"));
        await app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);
    }

    private static async Task EndAsync(LicenseAuthorityApplication app)
    {
        await UseAsync(app, Revoking.Value);
        await UntilAsync(app, "SELECT count(*) FROM reissue WHERE remaining = 0 AND ended_at IS NOT NULL");

        // And seen to have ended.
        await ReissueAsync(app);
    }

    // By the service itself, whose clock moves on.
    private static async Task UntilAsync(LicenseAuthorityApplication app, string countsOne)
    {
        using var patience = new CancellationTokenSource(Patience.Length);
        while ((long)app.Query(countsOne)[0] == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            app.Time.Advance(CodeReissuer.Interval);
            await Task.Yield();
        }
    }

    private static Task ReissueAsync(LicenseAuthorityApplication app) => app.Services.GetRequiredService<CodeReissuer>().ReissueAsync(CancellationToken.None);

    private static long Codes(LicenseAuthorityApplication app, SoldLicense license) =>
        (long)app.Query($"SELECT count(*) FROM codes WHERE license_id = '{license.Id}'")[0];

    private static async Task<(string? Status, string? Description)> ReadyAsync(LicenseAuthorityApplication app)
    {
        using var response = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        var check = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("checks").GetProperty("reissue");
        return (check.GetProperty("status").GetString(), check.GetProperty("description").GetString());
    }

    private sealed class Killing(CancellationTokenSource killed) : ICommitListener
    {
        public void Committed(IReadOnlyList<LicenseEvent> events)
        {
            if (events.Any(static happened => happened.Type == LicenseEventType.Reissued))
            {
                killed.Cancel();
            }
        }
    }

    private sealed class PickySigner : ILicenseSigner
    {
        private LicenseCodeWriter? _signer;

        public ConcurrentDictionary<string, bool> Refused { get; } = [];

        public void Replace(WebApplicationBuilder builder) => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(provider =>
        {
            _signer = provider.GetRequiredService<LicenseCodeWriter>();
            return this;
        }));

        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) =>
            Refused.ContainsKey(license.Id) ? throw new SigningException("It may not be signed.") : _signer!.SignAsync(license, device, cancellationToken);
    }
}
