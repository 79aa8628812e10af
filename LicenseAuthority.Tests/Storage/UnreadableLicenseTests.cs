using System.Net;
using System.Text.Json;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Reissue;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Storage;

/// <summary>A row that somebody changed by hand, or that a disk damaged: it stopped the sweep, the list of all licenses, and new codes after a theft.</summary>
[OnEveryDatabase]
internal sealed class UnreadableLicenseTests
{
    private const string Contents = "hunter2";

    private static readonly Lazy<KeyFiles> Revoking = new(() => KeyFiles.Development.Next(LicenseAuthorityApplication.Now, revokeOlder: true));

    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Sweep_PassesItByAndSettlesTheOthers()
    {
        var damaged = await DamagedAsync();
        var other = await SoldLicense.BuyAsync(_app);
        _app.Time.Advance(SoldLicense.Term);

        var first = await SweepAsync();
        var second = await SweepAsync();

        Assert.That((first, second), Is.EqualTo((1, 0)));
        Assert.That(_app.Query($"SELECT state FROM licenses WHERE id = '{other.Id}'"), Is.EqualTo(["Frozen"]));
        Assert.That(Errors(), Has.Exactly(1).Contains(damaged.Id), "once, however often it is met");
        Assert.That(Errors(), Has.None.Contains(Contents));
    }

    [Test]
    public async Task List_ShowsTheOthersAndNamesIt_PageByPageToo()
    {
        var first = await SoldLicense.BuyAsync(_app);
        _app.Time.Advance(TimeSpan.FromSeconds(1));
        var damaged = await DamagedAsync();
        _app.Time.Advance(TimeSpan.FromSeconds(1));
        var last = await SoldLicense.BuyAsync(_app);

        var page = (await _app.Admin.GetAsync("licenses")).Json;

        Assert.That(page.GetProperty("items").EnumerateArray().Select(static item => item.GetProperty("id").GetString()), Is.EqualTo([last.Id, first.Id]));
        Assert.That(page.GetProperty("unreadable").EnumerateArray().Select(static id => id.GetString()), Is.EqualTo([damaged.Id]));
        Assert.That(
            (await _app.Admin.ListAsync("licenses?limit=1")).ConvertAll(static item => item.GetProperty("id").GetString()), Is.EqualTo([last.Id, first.Id]));
    }

    [Test]
    public async Task Get_IsAProblemThatNamesItAndNotWhatIsInIt()
    {
        var damaged = await DamagedAsync();

        var reply = await _app.Admin.GetAsync($"licenses/{damaged.Id}");

        Assert.That((reply.Status, reply.Code), Is.EqualTo((HttpStatusCode.InternalServerError, "unreadable-license")));
        Assert.That(reply.Json.GetRawText(), Does.Contain(damaged.Id).And.Not.Contain(Contents));
    }

    [Test]
    public async Task Health_IsYellowUntilItCanBeReadAgain()
    {
        var damaged = await DamagedAsync();
        await _app.Admin.GetAsync("licenses");
        var yellow = await HealthAsync();

        _app.Change("UPDATE licenses SET entitlements = NULL");
        await _app.Admin.GetAsync($"licenses/{damaged.Id}");

        Assert.That((yellow, await HealthAsync()), Is.EqualTo(("Degraded", "Healthy")));
    }

    [Test]
    public async Task Reissue_GoesOnBesideIt()
    {
        var damaged = await DamagedAsync();
        var other = await SoldLicense.BuyAsync(_app);
        Revoking.Value.CopyTo(Path.Combine(_app.Folder, "keys"));
        await _app.Services.GetRequiredService<KeyWatcher>().CheckAsync(default);

        await _app.Services.GetRequiredService<CodeReissuer>().ReissueAsync(default);

        Assert.That(_app.Query($"SELECT count(*) FROM codes WHERE license_id = '{other.Id}'"), Is.EqualTo([2L]));
        Assert.That(_app.Query("SELECT remaining FROM reissue"), Is.EqualTo([1L]), "it is not forgotten");
        Assert.That(Errors(), Has.Exactly(1).Contains($"License {damaged.Id} cannot be read"));
    }

    // Whoever read its row, which is whole, forgot that: it was told again with every change, and health was green meanwhile.
    [Test]
    public async Task Code_IsDamagedThoughTheRowIsNot_IsToldOnceAndHealthIsYellowUntilItIsMended()
    {
        var damaged = await SoldLicense.BuyAsync(_app);
        var index = _app.Query("SELECT status_index FROM codes")[0];
        _app.Change("UPDATE codes SET status_index = 9999999");
        var seen = new List<string?>();
        foreach (var command in (string[])["freeze", "unfreeze", "freeze"])
        {
            await damaged.CommandAsync(command);
            await _app.LookAtListsAsync();
            await _app.Admin.GetAsync("licenses");
            seen.Add(await HealthAsync());
        }

        Assert.That(seen, Has.All.EqualTo("Degraded"));
        Assert.That(Errors(), Has.Exactly(1).Contains(damaged.Id));

        _app.Change($"UPDATE codes SET status_index = {index}");
        await damaged.CommandAsync("unfreeze");
        await _app.LookAtListsAsync();

        Assert.That(await HealthAsync(), Is.EqualTo("Healthy"));
    }

    // Read from another statement, whose faults nobody told apart: it ended the walk, and what came after was never made anew.
    [Test]
    public async Task Reissue_DeviceOfIt_GoesOnBesideIt()
    {
        var damaged = await SoldLicense.BuyAsync(_app);
        await new Device(_app, "a").PlacedAsync(damaged.FirstCode);
        _app.Change($"UPDATE licenses SET entitlements = '{Contents}' WHERE id = '{damaged.Id}'");
        var other = await SoldLicense.BuyAsync(_app);
        Revoking.Value.CopyTo(Path.Combine(_app.Folder, "keys"));
        await _app.Services.GetRequiredService<KeyWatcher>().CheckAsync(default);

        await _app.Services.GetRequiredService<CodeReissuer>().ReissueAsync(default);

        Assert.That(_app.Query($"SELECT count(*) FROM codes WHERE license_id = '{other.Id}'"), Is.EqualTo([2L]));
        Assert.That(_app.Query("SELECT remaining FROM reissue"), Is.EqualTo([2L]), "neither of its codes is forgotten");
        Assert.That(Errors(), Has.Exactly(1).Contains($"License {damaged.Id} cannot be read"));
        Assert.That(Errors(), Has.None.Contains(Contents));
    }

    private async Task<SoldLicense> DamagedAsync()
    {
        var license = await SoldLicense.BuyAsync(_app);
        _app.Change($"UPDATE licenses SET entitlements = '{Contents}' WHERE id = '{license.Id}'");
        return license;
    }

    private Task<int> SweepAsync() => _app.Services.GetRequiredService<ExpiryEnforcer>().SettleDueAsync(default);

    private List<string> Errors() => [.. _app.Logs.Lines.Where(static line => line.Level == LogLevel.Error).Select(static line => line.Message)];

    // The report is shared for two seconds.
    private async Task<string?> HealthAsync()
    {
        _app.Time.Advance(TimeSpan.FromSeconds(2));
        return JsonElement.Parse(await _app.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)))
            .GetProperty("checks").GetProperty("database").GetProperty("status").GetString();
    }
}
