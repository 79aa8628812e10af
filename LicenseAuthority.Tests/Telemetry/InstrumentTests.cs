using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Docs;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Telemetry;

/// <summary>What is measured, and under which tags: few values, and none that a caller makes up.</summary>
internal sealed partial class InstrumentTests
{
    private const string UnknownLicense = "lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB";

    private LicenseAuthorityApplication _app = null!;
    private Measurements _measurements = null!;

    [SetUp]
    public async Task Start()
    {
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Interval=01:00:00", "Licensee:RefreshesPerMinute=3"]);
        _measurements = new Measurements(_app.Services.GetRequiredService<IMeterFactory>());
    }

    [TearDown]
    public async Task Stop()
    {
        _measurements.Dispose();
        await _app.DisposeAsync();
    }

    [Test]
    public async Task MarketplaceCalls_OfEveryKind_AreCountedByActivityAndResultCode()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.BuyAgainAsync();
        await license.ReleaseAsync();
        await _app.Marketplace.SendAsync(InstanceCall.Release(UnknownLicense, "CS1"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-BAD").With("amount", "many"));
        await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-BAD").With("activity", "made-up-by-the-caller"));
        await _app.CallerWith("a wrong key").SendRawAsync("activity=getLicense&authToken=x", LicenseAuthorityApplication.DemoAccessKey);

        string[] expected =
        [
            "_OTHER 000001: 1",
            "_OTHER 000002: 1",
            "getLicense 000000: 2",
            "getLicense 000002: 1",
            "releaseLicense 000000: 1",
            "releaseLicense 000003: 1",
        ];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_measurements.CountsOf("license_authority.marketplace.requests"), Is.EqualTo(expected));
            Assert.That(_measurements.CountsOf("license_authority.marketplace.request.duration"), Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task Codes_AreCountedWhenTheyAreStored()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.BuyAgainAsync();
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(20));
        await SoldLicense.BuyAsync(_app, call => call.With("testFlag", "1"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_measurements.CountsOf("license_authority.codes.issued"), Is.EqualTo(["demo-product false: 2", "demo-product true: 1"]));
            Assert.That(_measurements.CountsOf("license_authority.code.sign.duration"), Is.EqualTo([": 3"]));
            Assert.That(_measurements.CountsOf("license_authority.store.change.duration"), Is.EqualTo(["stored: 3"]));
        }
    }

    [Test]
    public async Task Conflicts_AreCountedByKindAndOnce()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var other = license.Purchase.With("amount", "6");
        await _app.Marketplace.SendAsync(other);
        await _app.Marketplace.SendAsync(other);
        await license.ReleaseAsync();
        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(20));

        Assert.That(_measurements.CountsOf("license_authority.conflicts.opened"), Is.EqualTo(["conflict: 1", "unserved: 1"]));
    }

    [Test]
    public async Task Refreshes_AreCountedByWhatWasAnswered()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await SoldLicense.FetchCodeAsync(_app, license.FirstCode);
        await license.CommandAsync("freeze");
        await SoldLicense.FetchCodeAsync(_app, license.FirstCode);
        await license.CommandAsync("revoke");
        await SoldLicense.FetchCodeAsync(_app, license.FirstCode);
        await SoldLicense.FetchCodeAsync(_app, license.FirstCode);
        await SoldLicense.FetchCodeAsync(_app, "no-code-of-ours");

        Assert.That(
            _measurements.CountsOf("license_authority.licensee.refreshes"),
            Is.EqualTo(["active: 1", "frozen: 1", "revoked: 1", "too_many_requests: 1", "unknown_code: 1"]));
    }

    [Test]
    public async Task AdminCommands_AreCountedByOutcome()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.Marketplace.SendAsync(license.Purchase.With("amount", "6"));
        var conflict = (await license.ConflictsAsync())[0].GetProperty("id").GetString();
        await license.CommandAsync("freeze");
        await license.CommandAsync("freeze");
        await _app.Admin.PostAsync($"licenses/{UnknownLicense}/revoke", "why not");
        await _app.Admin.PostAsync($"conflicts/{conflict}/dismiss");
        await _app.Admin.PostAsync($"conflicts/{conflict}/apply");

        Assert.That(
            _measurements.CountsOf("license_authority.admin.commands"),
            Is.EqualTo(["apply refused: 1", "dismiss applied: 1", "freeze applied: 1", "freeze refused: 1", "revoke not_found: 1"]));
    }

    [Test]
    public async Task Store_ShowsItsWritesAndCommits()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SoldLicense.BuyAsync(_app)));

        var waited = _measurements.ValuesOf("license_authority.store.queue.time");
        var shared = _measurements.ValuesOf("license_authority.store.batch.size");
        var writes = _measurements.Observe("license_authority.store.writes");
        var commits = _measurements.Observe("license_authority.store.commits");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(writes, Is.GreaterThanOrEqualTo(8));
            Assert.That(commits, Is.InRange(1, writes!));
            Assert.That(shared.Sum(), Is.EqualTo(waited.Count).And.GreaterThanOrEqualTo(8));
            Assert.That(shared, Has.All.InRange(1, 256));
            Assert.That(_measurements.Observe("license_authority.store.queue.length"), Is.Zero);
            Assert.That(_measurements.Observe("license_authority.store.replays"), Is.Zero);
            Assert.That(_measurements.Observe("license_authority.licenses.overdue.age"), Is.Zero);
        }
    }

    [Test]
    public async Task Store_ThatIsHeldUp_ShowsWhoWaits()
    {
        using var block = new Storage.WriterBlock(_app.Writer);
        var buying = SoldLicense.BuyAsync(_app);
        _app.WaitForQueuedWrites(1);

        Assert.That(_measurements.Observe("license_authority.store.queue.length"), Is.EqualTo(1));
        _app.Time.Advance(TimeSpan.FromMilliseconds(30));
        block.Release();
        await buying;

        Assert.That(_measurements.ValuesOf("license_authority.store.queue.time"), Does.Contain(0.03));
    }

    // Whoever runs it looks there for the names; they are found nowhere else.
    [Test]
    public void Instruments_AreThoseOfTheTableInOperations()
    {
        var documented = Row().Matches(MarkdownPage.Read("docs/operations.md").Text)
            .Select(row => $"{row.Groups["name"].Value} {row.Groups["kind"].Value} {row.Groups["unit"].Value}");
        var existing = _measurements.Instruments.Select(instrument => $"{instrument.Name} {KindOf(instrument)} {instrument.Unit}");

        Assert.That(existing, Is.EquivalentTo(documented));
    }

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0].Replace("Observable", "", StringComparison.Ordinal);

    [GeneratedRegex(@"^\| `(?<name>license_authority\.[a-z_.]+)` \| (?<kind>\w+) \| (?<unit>[^ ]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
