using System.Net;
using System.Text.Json;
using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Nodes;
using LicenseAuthority.Reissue;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Nodes;

/// <summary>Two services on one database.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class NodeTests
{
    private static readonly string[] Editor = LicenseAuthorityApplication.Product(0, "com.example.editor", "OFFI000000000000000001", "MarketplaceProductIds:1=OFFI000000000000000002");

    [Test]
    public async Task NewKey_OnOneNode_TheOtherIsNotReadyUntilItHasItToo()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync();
        await using var second = await LicenseAuthorityApplication.StartAsync(beside: first);
        var next = KeyFiles.Development.Next(LicenseAuthorityApplication.Now);

        next.CopyTo(Path.Combine(first.Folder, "keys"));
        await CheckKeysAsync(first);
        await CheckKeysAsync(second);

        Assert.That(await ReadyAsync(first), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await ReadyAsync(second), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That((await second.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000005"));
        var served = await first.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        Assert.That(first.Check(served.License).License!.KeyId, Is.EqualTo(next.Certificate!.KeyId));

        next.CopyTo(Path.Combine(second.Folder, "keys"));
        await CheckKeysAsync(second);

        Assert.That(await ReadyAsync(second), Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await second.Marketplace.SendAsync(GetLicenseCall.For("CS2"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task KeyRevoked_OnOneNode_TheOtherShowsItNoMoreThoughItLacksTheNewOne()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync();
        await using var second = await LicenseAuthorityApplication.StartAsync(beside: first);
        Assert.That(await KeysShownAsync(second), Is.EqualTo(1));

        KeyFiles.Development.Next(LicenseAuthorityApplication.Now, revokeOlder: true).CopyTo(Path.Combine(first.Folder, "keys"));
        await CheckKeysAsync(first);
        await CheckKeysAsync(second);

        Assert.That(await KeysShownAsync(first), Is.EqualTo(1));
        Assert.That(await KeysShownAsync(second), Is.Zero);
    }

    [Test]
    public async Task KeyRevoked_TwoNodesAtOnce_OneOfThemMakesEachCodeAnewOnce()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync();
        await using var second = await LicenseAuthorityApplication.StartAsync(beside: first);
        for (var i = 0; i < 20; i++)
        {
            await SoldLicense.BuyAsync(first);
        }

        var revoking = KeyFiles.Development.Next(LicenseAuthorityApplication.Now, revokeOlder: true);
        foreach (var node in new[] { first, second })
        {
            revoking.CopyTo(Path.Combine(node.Folder, "keys"));
            await CheckKeysAsync(node);
        }

        await Task.WhenAll(new[] { first, second }.Select(node => Task.Run(() => node.Services.GetRequiredService<CodeReissuer>().ReissueAsync(CancellationToken.None))));

        Assert.That(first.Query("SELECT count(*) FROM codes"), Is.EqualTo(new object[] { 40L }));
        Assert.That(first.Query("SELECT count(*) FROM licenses WHERE generation = 2 AND unbound_generation = 2"), Is.EqualTo(new object[] { 20L }));
    }

    // Within one process activations of a license wait for each other; between two only the license's version tells.
    [Test]
    public async Task Activate_TwoNodesAtOnceForTheLastPlace_OneDeviceGetsIt()
    {
        string[] settings = ["Licensee:RefreshesPerMinute=1000", "Licensee:UnknownCodesPerMinute=1000"];
        await using var first = await LicenseAuthorityApplication.StartAsync(settings);
        await using var second = await LicenseAuthorityApplication.StartAsync(settings, beside: first);
        LicenseAuthorityApplication[] nodes = [first, second];
        for (var round = 0; round < 6; round++)
        {
            var license = await SoldLicense.BuyAsync(first, call => call.With("amount", "2"));
            await new Device(first, "the first place").PlacedAsync(license.FirstCode);

            var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
                new Device(nodes[number % 2], $"machine {(char)('a' + number)}").ActivateAsync(license.FirstCode)));

            Assert.That(
                replies.Select(static reply => reply.Code ?? "a place").Order(),
                Is.EqualTo(Enumerable.Repeat("no-seat-left", 7).Prepend("a place")), $"round {round}");
            Assert.That(first.Query($"SELECT count(*) FROM activations WHERE license_id = '{license.Id}'"), Is.EqualTo([2L]));
        }
    }

    // The other node takes the last place between the look of the first one and its COMMIT.
    [Test]
    public async Task Activate_OtherNodeTakesTheLastPlaceMeanwhile_IsDecidedAgain()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync();
        var signer = new SlowSigner();
        await using var second = await LicenseAuthorityApplication.StartAsync(configure: signer.Replace, beside: first);
        var license = await SoldLicense.BuyAsync(first, call => call.With("amount", "1"));
        signer.Meanwhile = () => new Device(first, "a").PlacedAsync(license.FirstCode);

        var late = await new Device(second, "b").ActivateAsync(license.FirstCode);

        Assert.That(late.Code, Is.EqualTo("no-seat-left"));
        Assert.That(signer.Meanwhile is null, Is.True, "it had begun to sign");
        Assert.That(first.Query("SELECT count(*) FROM activations"), Is.EqualTo(new object[] { 1L }));
    }

    [TestCase("Activation=Required")]
    [TestCase("ActivationLease=01:00:00")]
    [TestCase("Usage=Count")]
    public async Task Settings_OtherActivations_Warns(string setting)
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using var second = await LicenseAuthorityApplication.StartAsync([.. Editor, "Products:0:" + setting], beside: first);

        await CompareAsync(first, second);

        Assert.That(Warnings(first).Single().Message, Does.Contain("Products"));
    }

    [Test]
    public async Task Settings_TheSameInAnotherOrder_NoWarning()
    {
        string[] sameInAnotherOrder = LicenseAuthorityApplication.Product(0, "com.example.editor", "OFFI000000000000000002", "MarketplaceProductIds:1=OFFI000000000000000001");
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using var second = await LicenseAuthorityApplication.StartAsync(sameInAnotherOrder, beside: first);

        await CompareAsync(first, second);

        Assert.That(Warnings(first).Concat(Warnings(second)), Is.Empty);
        Assert.That(first.Query("SELECT count(*) FROM nodes"), Is.EqualTo(new object[] { 2L }));
    }

    [Test]
    public async Task Settings_AnotherExpiryTolerance_Warns()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using var second = await LicenseAuthorityApplication.StartAsync([.. Editor, "Products:0:ExpiryTolerance=1.00:00:00"], beside: first);

        await CompareAsync(first, second);

        Assert.That(Warnings(first).Single().Message, Does.Contain("Products"));
    }

    [TestCase("Products:0:Activation=Required")]
    [TestCase("Products:0:ActivationLease=1.00:00:00")]
    public async Task Settings_AnotherRuleForDevices_Warns(string setting)
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using var second = await LicenseAuthorityApplication.StartAsync([.. Editor, setting], beside: first);

        await CompareAsync(first, second);

        Assert.That(Warnings(first).Single().Message, Does.Contain("Products"));
    }

    [Test]
    public async Task Nonce_OnTheOtherNode_GetsTheSameAnswerAndWithAnotherBodyNone()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync();
        await using var second = await LicenseAuthorityApplication.StartAsync(beside: first);
        var license = await SoldLicense.BuyAsync(first);
        var (body, nonce) = (V2Call.Status(license.Id, "FREEZE").Body, V2Caller.NewNonce());
        var answered = await first.MarketplaceV2.SendAsync(body, nonce);
        var rows = first.CountRows();

        var again = await second.MarketplaceV2.SendAsync(body, nonce);
        var other = await second.MarketplaceV2.SendAsync(V2Call.Release(license.Id).Body, nonce);

        Assert.That(again.Body, Is.EqualTo(answered.Body));
        Assert.That(other.ResultCode, Is.EqualTo("000001"));
        Assert.That(first.CountRows(), Is.EqualTo(rows));
    }

    [Test]
    public async Task Nonce_OnBothNodesAtOnce_HasOneEffect()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync();
        await using var second = await LicenseAuthorityApplication.StartAsync(beside: first);
        LicenseAuthorityApplication[] nodes = [first, second];
        for (var round = 0; round < 10; round++)
        {
            var license = await SoldLicense.BuyAsync(first);
            var body = V2Call.Refresh(license.Id, first.Time.GetUtcNow() + TimeSpan.FromDays(100)).Body;
            var query = first.MarketplaceV2.SignedQuery(body);

            var replies = await Task.WhenAll(nodes.Select(node => node.MarketplaceV2.SendRawAsync(query, body)));

            Assert.That(replies.Select(static reply => reply.ResultCode), Is.All.EqualTo("000000"), $"round {round}");
            Assert.That((await license.EventWordsAsync()).Count(static word => word == "license.renewed marketplace"), Is.EqualTo(1), $"round {round}");
        }
    }

    // The same nonce for two licenses: no version of a license would tell, only the nonce.
    [Test]
    public async Task Nonce_OnBothNodesAtOnceForTwoLicenses_CountsForOne()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync();
        await using var second = await LicenseAuthorityApplication.StartAsync(beside: first);
        for (var round = 0; round < 10; round++)
        {
            var (one, other, nonce) = (await SoldLicense.BuyAsync(first), await SoldLicense.BuyAsync(first), V2Caller.NewNonce());

            var replies = await Task.WhenAll(
                first.MarketplaceV2.SendAsync(V2Call.Status(one.Id, "FREEZE").Body, nonce), second.MarketplaceV2.SendAsync(V2Call.Status(other.Id, "FREEZE").Body, nonce));

            Assert.That(replies.Select(static reply => reply.ResultCode).Order(), Is.EqualTo(["000000", "000001"]), $"round {round}");
            Assert.That(first.Query($"SELECT count(*) FROM licenses WHERE id IN ('{one.Id}', '{other.Id}') AND hold_marketplace_since IS NOT NULL"), Is.EqualTo([1L]));
        }
    }

    // A digest tells them apart; what can be tried out against it is not in it.
    [TestCase("Marketplace:AccessKeys:0=another-key", "Marketplace")]
    [TestCase("Marketplace:Accounts:shop:AccessKeys:0=a-key-of-shop", "Marketplace")]
    [TestCase("Marketplace:OpenApi:Hosts:0=https://mkt.example.com", "Marketplace")]
    [TestCase("Marketplace:OpenApi:AccessKeyId=AK|Marketplace:OpenApi:SecretAccessKey=hunter2", "Marketplace")]
    public async Task Settings_OtherAccounts_Warns(string settings, string expected)
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using var second = await LicenseAuthorityApplication.StartAsync([.. Editor, .. settings.Split('|')], beside: first);

        await CompareAsync(first, second);

        var warning = Warnings(first).Single().Message;
        Assert.That(warning, Does.Contain(expected).And.Not.Contain("hunter2").And.Not.Contain("a-key-of-shop"));
    }

    [Test]
    public async Task Settings_AccountsTheSameInAnotherOrder_NoWarning()
    {
        string[] one = ["Marketplace:AccessKeys:0=a", "Marketplace:AccessKeys:1=b", "Marketplace:Accounts:shop:AccessKeys:0=c", "Marketplace:Accounts:store:AccessKeys:0=d"];
        string[] other = ["Marketplace:Accounts:store:AccessKeys:0=d", "Marketplace:Accounts:shop:AccessKeys:0=c", "Marketplace:AccessKeys:0=b", "Marketplace:AccessKeys:1=a"];
        await using var first = await LicenseAuthorityApplication.StartAsync(one);
        await using var second = await LicenseAuthorityApplication.StartAsync(other, beside: first);

        await CompareAsync(first, second);

        Assert.That(Warnings(first).Concat(Warnings(second)), Is.Empty);
    }

    // A node of the version before says nothing of its accounts: no reason to warn while one by one is replaced.
    [Test]
    public async Task Settings_OtherNodeIsTooOldToSay_NoWarning()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using var second = await LicenseAuthorityApplication.StartAsync(Editor, beside: first);
        await CompareAsync(second);
        first.Change("UPDATE nodes SET accounts_sha256 = ''");

        await CompareAsync(first);

        Assert.That(Warnings(first), Is.Empty);
    }

    [Test]
    public async Task Settings_Differ_BothWarnOnceAndServe()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using var second = await LicenseAuthorityApplication.StartAsync([.. Editor, "Products:0:GracePeriod=1.00:00:00", "PublicUrl=https://other.example.com"], beside: first);

        await CompareAsync(first, second);
        await CompareAsync(first, second);

        foreach (var (here, there) in new[] { (first, second), (second, first) })
        {
            var warning = Warnings(here).Single();
            Assert.That(warning.Level, Is.EqualTo(LogLevel.Warning));
            Assert.That(
                warning.Message,
                Does.Contain(NameOf(here)).And.Contains(NameOf(there)).And.Contains("https://other.example.com").And.Contains(LicenseAuthorityApplication.PublicUrl).And.Contains("Products"));
        }

        Assert.That((await second.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task Settings_OfANodeThatIsGone_NoWarningAndForgottenAfterADay()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        await using (var second = await LicenseAuthorityApplication.StartAsync(["PublicUrl=https://other.example.com"], beside: first))
        {
            await CompareAsync(second);
        }

        first.Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        var told = Warnings(first).Count;
        await CompareAsync(first);

        Assert.That(Warnings(first), Has.Count.EqualTo(told));
        Assert.That(first.Query("SELECT name FROM nodes"), Is.EqualTo(new object[] { NameOf(first) }));
    }

    [Test]
    public async Task Node_LastSeenWhileTheClockWasAMonthAhead_IsForgottenAndNotTakenForRunning()
    {
        await using var first = await LicenseAuthorityApplication.StartAsync(Editor);
        var ahead = first.Time.GetUtcNow().AddDays(30).ToUnixTimeMilliseconds();
        first.Change($"INSERT INTO nodes (name, started_at, seen_at, public_url, products_sha256) VALUES ('gone', {ahead}, {ahead}, 'https://other.example.com', 'other')");

        await CompareAsync(first);

        Assert.That(Warnings(first), Is.Empty);
        Assert.That(first.Query("SELECT name FROM nodes"), Is.EqualTo(new object[] { NameOf(first) }));
    }

    private static string NameOf(LicenseAuthorityApplication app) => app.Services.GetRequiredService<NodeComparison>().Name;

    private static List<RecordedLog> Warnings(LicenseAuthorityApplication app) =>
        [.. app.Logs.Lines.Where(line => line.Category == typeof(NodeComparison).FullName)];

    // The services do the same by their clocks, once at the start too: how often is no matter.
    private static async Task CompareAsync(params LicenseAuthorityApplication[] apps)
    {
        // Twice, as nobody sees a node that has not said yet that it runs. What is told is told once.
        foreach (var app in apps.Concat(apps))
        {
            await app.Services.GetRequiredService<NodeComparison>().CompareAsync(CancellationToken.None);
        }
    }

    private static async Task<int> KeysShownAsync(LicenseAuthorityApplication app) =>
        JsonElement.Parse(await app.Client.GetStringAsync(new Uri("/.well-known/jwks.json", UriKind.Relative))).GetProperty("keys").GetArrayLength();

    private static Task CheckKeysAsync(LicenseAuthorityApplication app) => app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);

    private static async Task<HttpStatusCode> ReadyAsync(LicenseAuthorityApplication app)
    {
        using var response = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return response.StatusCode;
    }

    /// <summary>Signs, and once before that something else happens.</summary>
    private sealed class SlowSigner : ILicenseSigner
    {
        private LicenseCodeWriter _signer = null!;

        public Func<Task>? Meanwhile { get; set; }

        public void Replace(WebApplicationBuilder builder) => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(provider =>
        {
            _signer = provider.GetRequiredService<LicenseCodeWriter>();
            return this;
        }));

        public async ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken)
        {
            if (Meanwhile is { } meanwhile)
            {
                Meanwhile = null;
                await meanwhile();
            }

            return await _signer.SignAsync(license, device, cancellationToken);
        }
    }
}
