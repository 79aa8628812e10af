using LicenseAuthority.Client;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Clock;

/// <summary>
/// What a clock that was ahead for a while leaves behind, once it is right again: three days ahead, freeze, unfreeze, and every later code was refused by
/// licensed software as ClockRolledBack; seven years ahead, and every renewal was answered 000005.
/// </summary>
[OnEveryDatabase]
internal sealed class WrongClockTests
{
    private static readonly TimeSpan ThreeDays = TimeSpan.FromDays(3);

    private LicenseAuthorityApplication _app = null!;

    // So soon after the start a jump is believed at once.
    [SetUp]
    public async Task StartAsync() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [TestCase(3)]
    [TestCase(7 * 365)]
    public async Task EventsWhileAhead_LaterRenewal_HasTheClocksTimeAndIsValid(int daysAhead)
    {
        var license = await BuyAsync();
        await WhileAheadAsync(TimeSpan.FromDays(daysAhead), async () =>
        {
            Assert.That((await license.CommandAsync("freeze")).Code, Is.Null);
            Assert.That((await license.CommandAsync("unfreeze")).Code, Is.Null);
        });

        await RenewAsync(license);

        var check = _app.Check(await license.CodeAsync());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(check.License!.IssuedAt, Is.EqualTo(_app.Time.GetUtcNow()));
            Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
            Assert.That(VoidGenerations(license), Is.Empty);
            Assert.That(LinesAboutCodes(), Is.Empty);
        }
    }

    [Test]
    public async Task CodesWhileFarAhead_LaterRenewal_VoidsThemWithAnAlarm()
    {
        var license = await BuyAsync();
        await WhileAheadAsync(ThreeDays - TimeSpan.FromHours(1), () => RenewAsync(license, years: 11));
        await WhileAheadAsync(ThreeDays, () => RenewAsync(license, years: 12));
        var ahead = await license.CodeAsync();
        Assert.That(_app.Check(ahead).Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack), "else this test shows nothing");

        await RenewAsync(license, years: 13);

        var newest = await license.CodeAsync();
        var refreshed = await SoldLicense.FetchCodeAsync(_app, ahead);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_app.Check(newest).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(_app.Check(newest).License!.IssuedAt, Is.EqualTo(_app.Time.GetUtcNow()));
            Assert.That(VoidGenerations(license), Is.EqualTo([2L, 3L]));
            Assert.That(refreshed.Json.GetProperty("code").GetString(), Is.EqualTo(newest), "a void code still proves who asks");
            Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(newest));
            Assert.That(LinesAboutCodes().Select(line => (line.Level, line.Message[..5])), Is.EqualTo([(LogLevel.Error, "ALARM")]));
        }

        // From here on codes rise as ever.
        await RenewAsync(license, years: 14);
        Assert.That(_app.Check(await license.CodeAsync()).License!.IssuedAt, Is.EqualTo(_app.Time.GetUtcNow() + TimeSpan.FromSeconds(1)));
        Assert.That(VoidGenerations(license), Is.EqualTo([2L, 3L]));
    }

    // The next device's code made those of all others void, and none of these got another: a void code was answered for ever.
    [Test]
    public async Task DeviceCodesWhileFarAhead_OneMoreDeviceGetsACode_TheOthersGetNewOnesToo()
    {
        var license = await SoldLicense.BuyAsync(_app, static call => call.With("amount", "3"));
        Device[] devices = [new(_app, "a"), new(_app, "b")];
        var ahead = new List<string>();
        await WhileAheadAsync(ThreeDays, async () =>
        {
            foreach (var device in devices)
            {
                ahead.Add((await device.PlacedAsync(license.FirstCode)).Code);
            }
        });
        Assert.That(devices[0].Check(ahead[0]).Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack), "else this test shows nothing");

        var third = new Device(_app, "c");
        var (_, code) = await third.PlacedAsync(license.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(third.Check(code).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(VoidGenerations(license), Is.EqualTo([2L, 3L]));
            Assert.That(_app.Check(await license.CodeAsync()).License!.Generation, Is.EqualTo(4), "the license's own comes first");
            for (var i = 0; i < devices.Length; i++)
            {
                var refreshed = await SoldLicense.FetchCodeAsync(_app, ahead[i]);
                Assert.That(devices[i].Check(refreshed.Json.GetProperty("code").GetString()).Outcome, Is.EqualTo(LicenseOutcome.Valid), refreshed.ToString());
            }

            Assert.That(
                await license.EventWordsAsync(),
                Is.EqualTo([
                    "license.issued marketplace", "license.activated licensee", "license.activated licensee",
                    "license.reissued licensee", "license.activated licensee", "code.renewed licensee", "code.renewed licensee"]));
            Assert.That(LinesAboutCodes().Select(line => (line.Level, line.Message[..5])), Is.EqualTo([(LogLevel.Error, "ALARM")]));
        }
    }

    [Test]
    public async Task DeviceCodeWhileFarAhead_MadeAnewAfterATheft_TheLicensesOwnComesFirst()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var device = new Device(_app, "a");
        var id = "";
        await WhileAheadAsync(ThreeDays, async () => (id, _) = await device.PlacedAsync(license.FirstCode));
        var activations = _app.Services.GetRequiredService<ActivationService>();

        await activations.ReissueAsync(license.Id, id, 2, new CallSource("keys", "Reissue"), "theft", CancellationToken.None);
        var unbound = _app.Query("SELECT generation FROM codes WHERE void_at IS NULL AND device IS NULL AND generation > 1");
        await activations.ReissueAsync(license.Id, id, 2, new CallSource("keys", "Reissue"), "theft", CancellationToken.None);

        Assert.That(unbound, Is.EqualTo([3L]));
        Assert.That(VoidGenerations(license), Is.EqualTo([2L]));
        Assert.That(_app.Query("SELECT generation FROM activations"), Is.EqualTo([4L]));
        Assert.That(_app.Query("SELECT unbound_generation FROM licenses"), Is.EqualTo([3L]));
    }

    [TestCase(20)]
    [TestCase(23)]
    public async Task CodeWhileLittleAhead_LaterRenewal_FollowsItWithAWarning(int hours)
    {
        var license = await BuyAsync();
        await WhileAheadAsync(TimeSpan.FromHours(hours), () => RenewAsync(license, years: 11));

        await RenewAsync(license, years: 12);

        var check = _app.Check(await license.CodeAsync());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(check.License!.IssuedAt, Is.EqualTo(_app.Time.GetUtcNow() + TimeSpan.FromHours(hours) + TimeSpan.FromSeconds(1)));
            Assert.That(VoidGenerations(license), Is.Empty);
            Assert.That(LinesAboutCodes().Select(line => line.Level), Is.EqualTo([LogLevel.Warning]));
        }
    }

    [TestCase("reissue")]
    [TestCase("renewal")]
    public async Task OrderIssuedWhileAhead_IsMendedByAReissueOrARenewal(string how)
    {
        SoldLicense license = null!;
        await WhileAheadAsync(ThreeDays, async () => license = await BuyAsync());
        Assert.That(_app.Check(license.FirstCode).Outcome, Is.EqualTo(LicenseOutcome.ClockRolledBack), "else this test shows nothing");

        if (how == "reissue")
        {
            Assert.That((await license.CommandAsync("reissue", "the clock was wrong")).Code, Is.Null);
        }
        else
        {
            await RenewAsync(license);
        }

        var answer = await license.BuyAgainAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_app.Check(answer.License).Outcome, Is.EqualTo(LicenseOutcome.Valid), "and it need not wait for the start that the wrong clock wrote down");
            Assert.That(answer.License, Is.EqualTo(await license.CodeAsync()));
            Assert.That(VoidGenerations(license), Is.EqualTo([1L]));
            Assert.That((await license.ShowAsync()).GetProperty("startsAt").GetDateTimeOffset(), Is.EqualTo(_app.Time.GetUtcNow()));
        }
    }

    [Test]
    public async Task TestLicenseOverWhileAhead_NextRound_BeginsNow()
    {
        var license = await SoldLicense.BuyAsync(_app, call => call.With("testFlag", "1"));
        await WhileAheadAsync(ThreeDays, () => license.ReleaseAsync());

        var answer = await license.BuyAgainAsync();

        Assert.That(_app.Check(answer.License, acceptTests: true).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
    }

    // Fifty days ahead, what was due by then was released, and nothing undid it.
    [TestCase(false, "Active")]
    [TestCase(true, "Frozen")]
    public async Task ReleasedWhileAhead_Restore_GivesItBackAsItsFactsSay(bool expireCall, string state)
    {
        var license = await SoldLicense.BuyAsync(_app);
        if (expireCall)
        {
            await license.ExpireAsync();
        }

        await WhileAheadAsync(TimeSpan.FromDays(50), () => Given.SettleDueAsync(_app));
        Assert.That(await license.StateAsync(), Is.EqualTo("Released"), "else this test shows nothing");

        var reply = await license.CommandAsync("restore", "the clock was wrong");
        var again = await license.CommandAsync("restore");

        var last = (await license.EventsAsync())[^1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Json.GetProperty("state").GetString(), Is.EqualTo(state), reply.ToString());
            Assert.That(reply.Json.GetProperty("releasedAt").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null));
            Assert.That(reply.Json.GetProperty("generation").GetInt32(), Is.EqualTo(2), "a list may have said INVALID of the old code, and never takes that back");
            Assert.That(_app.Check(reply.Json.GetProperty("code").GetString()).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That(last.GetProperty("type").GetString(), Is.EqualTo("license.restored"));
            Assert.That(last.GetProperty("remark").GetString(), Is.EqualTo("the clock was wrong"));
            Assert.That(again.Code, Is.EqualTo("state-does-not-allow"));
        }

        // From here on the clock decides as ever.
        _app.Time.Advance(SoldLicense.Term);
        Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"));
        _app.Time.Advance(SoldLicense.Grace);
        await Given.SettleDueAsync(_app);
        Assert.That(await license.StateAsync(), Is.EqualTo("Released"));
    }

    [Test]
    public async Task ReleasedWhileAhead_RestoreOnceItIsDueByTheRightClock_IsRefusedAndNamesTheRenewal()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await WhileAheadAsync(TimeSpan.FromDays(50), () => Given.SettleDueAsync(_app));
        _app.Time.Advance(SoldLicense.Term + SoldLicense.Grace);

        var reply = await license.CommandAsync("restore");

        Assert.That(reply.Code, Is.EqualTo("state-does-not-allow"));
        Assert.That(reply.Detail, Does.Contain("2026-06-26T00:00:00Z").And.Contain("A paid renewal"));
    }

    [Test]
    public async Task FrozenWhileAhead_Reissue_IsActiveAgain()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await WhileAheadAsync(TimeSpan.FromDays(12), () => Given.SettleDueAsync(_app));
        Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"), "else this test shows nothing");

        await license.CommandAsync("reissue");

        Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Sign_TimeThatLicensedSoftwareRefuses_IsNoCode()
    {
        await BuyAsync();
        var license = (await _app.ReadLicensesAsync()).Single();
        var signer = _app.Services.GetRequiredService<ILicenseSigner>();
        var now = _app.Time.GetUtcNow();

        await signer.SignAsync(license with { CodeIssuedAt = now.AddHours(23).AddSeconds(1) }, device: null, CancellationToken.None);
        var ahead = await Assert.ThrowsAsync<SigningException>(
            async () => await signer.SignAsync(license with { CodeIssuedAt = now.AddHours(25) }, device: null, CancellationToken.None));
        var beforeTheKey = await Assert.ThrowsAsync<SigningException>(
            async () => await signer.SignAsync(license with { CodeIssuedAt = now.AddYears(-7) }, device: null, CancellationToken.None));

        Assert.That(ahead!.Message, Does.Contain("ClockRolledBack"));
        Assert.That(beforeTheKey!.Message, Does.Contain("UntrustedKey"));
    }

    private Task<SoldLicense> BuyAsync() =>
        SoldLicense.BuyAsync(_app, call => call.With("expireTime", InstanceCall.Text(_app.Time.GetUtcNow().AddYears(10))));

    private async Task RenewAsync(SoldLicense license, int years = 11)
    {
        var reply = await license.RefreshAsync(_app.Time.GetUtcNow().AddYears(years));
        Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
    }

    private async Task WhileAheadAsync(TimeSpan ahead, Func<Task> act)
    {
        _app.Time.Advance(TimeSpan.FromSeconds(10));
        _app.Machine.Shift = ahead;
        await act();
        _app.Machine.Shift = TimeSpan.Zero;
    }

    private List<object> VoidGenerations(SoldLicense license) =>
        _app.Query($"SELECT generation FROM codes WHERE license_id = '{license.Id}' AND void_at IS NOT NULL ORDER BY generation");

    private List<RecordedLog> LinesAboutCodes() =>
        [.. _app.Logs.Lines.Where(line => line.Category.EndsWith(nameof(LicenseService), StringComparison.Ordinal) && line.Message.Contains("ode ", StringComparison.Ordinal))];
}
