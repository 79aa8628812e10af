using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Mark;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Tests.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>
/// A database that was put in the place of a newer one went on as if nothing had happened: entries of status lists were given to two codes, and the codes that it
/// did not know were answered like forgeries.
/// </summary>
[OnEveryDatabase]
internal sealed class RestoreTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task Start_AfterARestore_SaysSoOnceAndTheNextStartIsQuiet()
    {
        await SellAndForgetAsync();

        await _app.RestartAsync();

        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(Behind()[0], Does.StartWith("database-behind: ").And.Contains("mark: event 2 of").And.Contains("database: event 1 of"));
        Assert.That((await OpenEntriesAsync()).ConvertAll(static entry => entry.GetProperty("kind").GetString()), Is.EqualTo(["restored"]));
        Assert.That(await HealthAsync(), Is.EqualTo("Degraded"));
        Assert.That(Mark().Find()!.NewestEvent!.Number, Is.EqualTo(1), "it goes on from what is left");

        await _app.RestartAsync();

        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(await OpenEntriesAsync(), Has.Count.EqualTo(1));
        Assert.That(_app.Query("SELECT restores FROM authority")[0], Is.EqualTo(1L));
    }

    [Test]
    public async Task Dismiss_TheEntryOfTheRestore_TurnsHealthGreenAndApplyIsRefused()
    {
        await SellAndForgetAsync();
        await _app.RestartAsync();
        var id = (await OpenEntriesAsync())[0].GetProperty("id").GetString();

        var applied = await _app.Admin.PostAsync($"conflicts/{id}/apply", "it would be nice");
        var dismissed = await _app.Admin.PostAsync($"conflicts/{id}/dismiss", "all compared");

        Assert.That(applied.Status, Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(dismissed.Status, Is.EqualTo(HttpStatusCode.OK));
        _app.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await HealthAsync(), Is.EqualTo("Healthy"));
    }

    // A block that was handed out before was handed out again.
    [Test]
    public async Task Start_AfterARestore_NewCodesGoToAListThatNobodyHasUsed()
    {
        await SellAndForgetAsync();
        await _app.RestartAsync();

        await SoldLicense.BuyAsync(_app);

        Assert.That(
            _app.Query("SELECT status_list FROM codes ORDER BY id DESC LIMIT 1")[0],
            Is.EqualTo(_app.Time.GetUtcNow().ToUnixTimeSeconds()).And.GreaterThan(1L));
    }

    // The events are level again, and only the positions tell.
    [Test]
    public async Task Start_OnlyPositionsWereLost_IsARestore()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        _app.Change("UPDATE status_lists SET drawn = 0");

        await _app.RestartAsync();

        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(Behind()[0], Does.Contain("1024"));
    }

    // As many events came after the restore as were lost: their numbers alone tell nothing.
    [Test]
    public async Task Start_EventOfTheMarkIsAnotherOneNow_IsARestore()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        _app.Change("UPDATE events SET at = at + 1");

        await _app.RestartAsync();

        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(Behind()[0], Does.Contain("another one"));
    }

    // A failover may lose what was committed, and no node starts anew.
    [Test]
    public async Task Look_EventsWereLostWhileItServes_IsARestoreAndNewCodesGoToANewList()
    {
        await SellAndForgetAsync(stop: false);

        await Watch().LookOnceAsync(default);
        await SoldLicense.BuyAsync(_app);

        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(_app.Query("SELECT status_list FROM codes ORDER BY id DESC LIMIT 1")[0], Is.GreaterThan(1L));
    }

    [Test]
    public async Task Draw_BlockWasHandedOutBefore_IsARestoreAndTheCallIsNotServed()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        await Mark().ChangeAsync(content => content! with { Drawn = new SortedDictionary<long, int> { [1] = 2048 } });
        _app.Change("UPDATE status_lists SET drawn = 2048");
        await _app.RestartAsync();
        _app.Change("UPDATE status_lists SET drawn = 1024");

        var refused = await _app.Marketplace.SendAsync(GetLicenseCall.For("again"));
        var served = await _app.Marketplace.SendAsync(GetLicenseCall.For("again").With("businessId", "second"));

        Assert.That(refused.ResultCode, Is.EqualTo("000005"));
        Assert.That(served.ResultCode, Is.EqualTo("000000"));
        Assert.That(_app.Query("SELECT status_list FROM codes ORDER BY id DESC LIMIT 1")[0], Is.GreaterThan(1L));
        Assert.That(Behind(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Refresh_CodeThatTheRestoredDatabaseDoesNotKnow_409AndOneEntryForItsLicense()
    {
        var lost = await SellAndForgetAsync();
        var before = await SoldLicenseUnknownAsync(lost);
        await _app.RestartAsync();

        var first = await SoldLicense.FetchCodeAsync(_app, lost.FirstCode);
        var second = await SoldLicense.FetchCodeAsync(_app, lost.FirstCode);
        var forged = await SoldLicense.FetchCodeAsync(_app, lost.FirstCode[..^10] + (lost.FirstCode[^10] == 'A' ? 'B' : 'A') + lost.FirstCode[^9..]);

        Assert.That(before, Is.EqualTo("unknown-code"), "nothing was restored yet");
        Assert.That((first.Status, first.Code), Is.EqualTo((HttpStatusCode.Conflict, "restored")));
        Assert.That(second.Code, Is.EqualTo("restored"));
        Assert.That((forged.Status, forged.Code), Is.EqualTo((HttpStatusCode.Unauthorized, "unknown-code")));
        Assert.That((await OpenEntriesAsync()).FindAll(entry => entry.GetProperty("licenseId").GetString() == lost.Id), Has.Count.EqualTo(1));
    }

    // A signature is dear: each guess of one address had one checked, limit or not.
    [Test]
    public async Task Refresh_AddressThatShowsTooManyUnknownCodes_429BeforeASignatureIsLookedAt()
    {
        var lost = await SellAndForgetAsync();
        await _app.RestartAsync("Licensee:UnknownCodesPerMinute=2");
        var known = await SoldLicense.BuyAsync(_app);
        var answers = new List<string?>();
        foreach (var code in (string[])[lost.FirstCode, lost.FirstCode, lost.FirstCode, "x.y.z", "x.y.z", lost.FirstCode, known.FirstCode])
        {
            answers.Add((await SoldLicense.FetchCodeAsync(_app, code)).Code);
        }

        Assert.That(
            answers, Is.EqualTo(["restored", "restored", "restored", "unknown-code", "unknown-code", "too-many-requests", null]),
            "a lost code does not count as unknown, and a known one is never limited by this");
    }

    [Test]
    public async Task Device_CodesThatTheRestoredDatabaseDoesNotKnow_409AtEveryCall()
    {
        await SoldLicense.BuyAsync(_app);
        _app.Time.Advance(TimeSpan.FromMinutes(1));
        var lost = await SoldLicense.BuyAsync(_app);
        var device = new Device(_app, "a");
        var (id, code) = await device.PlacedAsync(lost.FirstCode);
        await Watch().LookOnceAsync(default);
        await _app.StopAsync();
        _app.Change($"DELETE FROM activation_devices WHERE license_id = '{lost.Id}'");
        _app.Change($"DELETE FROM activations WHERE license_id = '{lost.Id}'");
        Forget(lost.Id);
        await _app.RestartAsync();

        using (Assert.EnterMultipleScope())
        {
            foreach (var shown in (string[])[lost.FirstCode, code])
            {
                var activated = await device.ActivateAsync(shown);
                Assert.That((activated.Status, activated.Code), Is.EqualTo((HttpStatusCode.Conflict, "restored")));
                Assert.That((await Device.FreeAsync(_app, id, shown)).Problem, Is.EqualTo((409, "restored")));
                Assert.That((await SoldLicense.FetchCodeAsync(_app, shown)).Code, Is.EqualTo("restored"));
            }

            Assert.That((await OpenEntriesAsync()).FindAll(entry => entry.GetProperty("licenseId").GetString() == lost.Id), Has.Count.EqualTo(1));
            Assert.That(_app.Query("SELECT count(*) FROM activations"), Is.EqualTo([0L]));
        }
    }

    [Test]
    public async Task Refresh_CodeOfBeforeWhatWasLeft_IsUnknown()
    {
        var first = await SoldLicense.BuyAsync(_app);
        _app.Time.Advance(TimeSpan.FromMinutes(1));
        await SellAndForgetAsync();
        await _app.RestartAsync();
        Forget(first.Id);

        Assert.That((await SoldLicense.FetchCodeAsync(_app, first.FirstCode)).Code, Is.EqualTo("unknown-code"), "no restore has lost it");
    }

    // Its lists stay under the address that it had: so do its codes.
    [Test]
    public async Task Refresh_CodeThatWasLostNamesAnAddressOfBefore_409()
    {
        var lost = await SellAndForgetAsync();
        await _app.RestartAsync("PublicUrl=https://moved.example.com");

        var answer = await SoldLicense.FetchCodeAsync(_app, lost.FirstCode);

        Assert.That((answer.Status, answer.Code), Is.EqualTo((HttpStatusCode.Conflict, "restored")));
    }

    // The number that the lost code had was given out again.
    [Test]
    public async Task Refresh_LicenseIsKnownAndItsCodeHasAnotherTextNow_409()
    {
        await SellAndForgetAsync();
        await _app.RestartAsync();
        var license = await SoldLicense.BuyAsync(_app);
        _app.Change($"UPDATE codes SET sha256 = (SELECT sha256 FROM codes ORDER BY id LIMIT 1) WHERE license_id = '{license.Id}'");

        var answer = await SoldLicense.FetchCodeAsync(_app, license.FirstCode);

        Assert.That((answer.Status, answer.Code), Is.EqualTo((HttpStatusCode.Conflict, "restored")));
        Assert.That((await OpenEntriesAsync()).FindAll(entry => entry.GetProperty("licenseId").GetString() == license.Id), Has.Count.EqualTo(1));
    }

    // Every further one was asked about in a write, under a lock that all nodes share.
    [Test]
    [SqliteOnly("its one writer shows whether something is written")]
    public async Task KeepMissing_TheMostAreKept_WaitsForNoWriter()
    {
        var store = _app.Services.GetRequiredService<IRestoreStore>();
        await store.KeepMissingAsync("lic_1", "lost", most: 1);
        await using var connection = new SqliteConnection($"Data Source={_app.DatabasePath};Pooling=False");
        await connection.OpenAsync();
        await using var writing = connection.BeginTransaction(deferred: false);

        await store.KeepMissingAsync("lic_2", "lost", most: 1);

        Assert.That(_app.Query("SELECT missing_license_id FROM conflicts"), Is.EqualTo(["lic_1"]));
    }

    [Test]
    public async Task KeepMissing_MoreThanTheMost_KeepsNoMore()
    {
        var store = _app.Services.GetRequiredService<IRestoreStore>();
        foreach (var id in (string[])["lic_1", "lic_2", "lic_1", "lic_3"])
        {
            await store.KeepMissingAsync(id, "lost", most: 2);
        }

        Assert.That(_app.Query("SELECT missing_license_id FROM conflicts ORDER BY missing_license_id"), Is.EqualTo(["lic_1", "lic_2"]));
    }

    [Test]
    public async Task Restored_NothingTellsOfIt_IsRecordedByHand()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();

        var run = await StorageCommandRun.RunAsync(_app.Folder, ["restored", $"--Keys:Directory={Path.Combine(_app.Folder, "keys")}"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        await _app.RestartAsync();
        await SoldLicense.BuyAsync(_app);
        await _app.RestartAsync();

        Assert.That(_app.Query("SELECT restores FROM authority")[0], Is.EqualTo(1L));
        Assert.That(_app.Query("SELECT status_list FROM codes ORDER BY id DESC LIMIT 1")[0], Is.GreaterThan(1L));
        Assert.That(await OpenEntriesAsync(), Has.Count.EqualTo(1));
    }

    // It counted in the restore at once, with the database of before.
    [Test]
    public async Task Restored_ANodeIsRunning_IsRefusedAndNothingIsRecorded()
    {
        string[] command = ["restored", $"--Keys:Directory={Path.Combine(_app.Folder, "keys")}"];
        var before = Mark().Find();

        (await StorageCommandRun.RunAsync(_app.Folder, command)).AssertRefused("running", "Stop all nodes");
        Assert.That(Mark().Find(), Is.EqualTo(before).Using<AuthorityMark.Content>(static (a, b) => a.RestoredAt == b.RestoredAt));

        await _app.StopAsync();
        Assert.That((await StorageCommandRun.RunAsync(_app.Folder, command)).ExitCode, Is.Zero);
    }

    // Each start, and each node on the same folder, recorded a restore of its own.
    [Test]
    public async Task Restored_StartsEndBeforeTheyListen_IsRecordedOnceAndTheMarkStaysUntilOneServes()
    {
        await _app.StopAsync();
        var run = await StorageCommandRun.RunAsync(_app.Folder, ["restored", $"--Keys:Directory={Path.Combine(_app.Folder, "keys")}"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using (var taken = new TcpListener(IPAddress.Loopback, 0))
        {
            taken.Start();
            for (var i = 0; i < 2; i++)
            {
                Assert.That(() => _app.RestartAsync($"urls=http://{taken.LocalEndpoint}"), Throws.InstanceOf<IOException>());
                Assert.That(Mark().Find()!.RestoredAt, Is.Not.Null);
            }
        }

        await _app.RestartAsync();
        await _app.RestartAsync();

        Assert.That(_app.Query("SELECT restores FROM authority")[0], Is.EqualTo(1L));
        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(await OpenEntriesAsync(), Has.Count.EqualTo(1));
        Assert.That(_app.Query("SELECT count(*) FROM status_lists")[0], Is.EqualTo(1L));
        Assert.That(Mark().Find()!.RestoredAt, Is.Null);
    }

    [Test]
    public async Task Restored_TwoNodesOnOneFolderStartAtOnce_IsRecordedOnce()
    {
        if (!_app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one node.");
        }

        var directory = $"StatusLists:Directory={Path.Combine(_app.Folder, "shared")}";
        await _app.RestartAsync(directory);
        await using var beside = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", directory], beside: _app);
        await SoldLicense.BuyAsync(_app);
        await SoldLicense.BuyAsync(beside);
        await _app.StopAsync();
        var refused = await StorageCommandRun.RunAsync(_app.Folder, ["restored", "--" + directory]);
        refused.AssertRefused("Stop all nodes");
        await beside.StopAsync();
        Assert.That((await StorageCommandRun.RunAsync(_app.Folder, ["restored", "--" + directory])).ExitCode, Is.Zero);

        await Task.WhenAll(_app.RestartAsync(directory), beside.RestartAsync());

        Assert.That(_app.Query("SELECT restores FROM authority")[0], Is.EqualTo(1L));
        Assert.That(await OpenEntriesAsync(), Has.Count.EqualTo(1));
        foreach (var node in (LicenseAuthorityApplication[])[_app, beside])
        {
            await SoldLicense.BuyAsync(node);
            Assert.That(_app.Query("SELECT status_list FROM codes ORDER BY id DESC LIMIT 1")[0], Is.GreaterThan(1L));
        }
    }

    // Killed after a theft, between two lists: the token that the older key had signed was called damaged, and what it had revoked became valid again.
    [Test]
    public async Task Start_OnlySomeTokensOfTheMarkAreByTheNewKey_EveryInvalidEntryStays()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.CommandAsync("revoke");
        await PublishAsync();
        await PublishAsync();
        var byTheOldKey = Directory.GetFiles(MarkFolder(), "1-*.token.json").Single();
        var text = await File.ReadAllTextAsync(byTheOldKey);
        await _app.StopAsync();
        KeyFiles.Development.Next(LicenseAuthorityApplication.Now, revokeOlder: true).CopyTo(Path.Combine(_app.Folder, "keys"));
        await _app.RestartAsync("PublicUrl=https://other.example.com");
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();

        // The new key's is read first.
        File.Move(Directory.GetFiles(MarkFolder(), "2-*.token.json").Single(), Path.Combine(MarkFolder(), "0-0.token.json"));
        await File.WriteAllTextAsync(byTheOldKey, text);
        _app.Change($"DELETE FROM events WHERE type = 'license.revoked' AND license_id = '{license.Id}'");
        _app.Change($"UPDATE licenses SET revoked_at = NULL, revoke_reason = NULL, state = 'Active' WHERE id = '{license.Id}'");
        _app.Change("UPDATE status_list_uris SET seq = 1, token = NULL");
        _app.Change("UPDATE codes SET invalid_at = NULL");

        await _app.RestartAsync();

        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(_app.Query($"SELECT count(*) FROM codes WHERE license_id = '{license.Id}' AND generation = 1 AND invalid_at IS NOT NULL")[0], Is.EqualTo(1L));
        Assert.That(_app.Logs.Lines.Where(static line => line.Message.Contains("the client refuses this token", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Mark_WhileEventsCome_IsAtMostTenSecondsOldAndUpToDateAtTheStop()
    {
        await SoldLicense.BuyAsync(_app);
        await Watch().LookOnceAsync(default);
        var first = Mark().Find()!;
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        var second = Mark().Find()!;

        Assert.That(RestoreWatch.Interval, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(10)));
        Assert.That((first.NewestEvent!.Number, second.NewestEvent!.Number), Is.EqualTo((1L, 2L)));
        Assert.That(second.Drawn!.Values, Is.EqualTo([1024]));
    }

    [Test]
    public async Task Start_MarkIsOlderThanTheDatabase_IsAnOrdinaryCrash()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        var old = await File.ReadAllTextAsync(Mark().FullPath);
        await _app.RestartAsync();
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        await File.WriteAllTextAsync(Mark().FullPath, old);

        await _app.RestartAsync();

        Assert.That(Behind(), Is.Empty);
        Assert.That(await HealthAsync(), Is.EqualTo("Healthy"));
    }

    // Each would have recorded a restore of its own, for ever in turn.
    [Test]
    public async Task Start_SecondMarkOfBeforeTheRestore_CountsInItAndTheNextStartIsQuiet()
    {
        await SellAndForgetAsync();
        var others = await File.ReadAllTextAsync(Mark().FullPath);
        await _app.RestartAsync();
        await _app.StopAsync();
        await File.WriteAllTextAsync(Mark().FullPath, others);

        await _app.RestartAsync();
        await _app.RestartAsync();

        Assert.That(_app.Query("SELECT restores FROM authority")[0], Is.EqualTo(1L));
        Assert.That(Behind(), Has.Count.EqualTo(2), "once by each mark");
        Assert.That(await OpenEntriesAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Change_ManyAtOnceOnOneFolder_LosesNone()
    {
        var folder = Path.Combine(_app.Folder, "shared");
        await Task.WhenAll(Enumerable.Range(1, 16).Select(list => Task.Run(() => new AuthorityMark(folder).ChangeAsync(content =>
        {
            var drawn = new SortedDictionary<long, int>(content?.Drawn ?? []) { [list] = 1 };
            return (content ?? new AuthorityMark.Content("a", null, null)) with { Drawn = drawn };
        }))));

        Assert.That(new AuthorityMark(folder).Find()!.Drawn!.Keys, Is.EqualTo(Enumerable.Range(1, 16)));
    }

    [Test]
    public async Task Keep_OlderTokenAfterANewerOne_KeepsTheNewerOneAndADamagedOneIsNone()
    {
        var folder = Path.Combine(_app.Folder, "shared");
        var mark = new AuthorityMark(folder);
        var token = new StatusListToken(1, "https://license.example.com/1", 7, "newer", default, default, 1);
        await mark.KeepAsync(token, static content => content);
        await mark.KeepAsync(token with { Sequence = 6, Text = "older" }, static content => content);
        await File.WriteAllTextAsync(Path.Combine(folder, "2-0.token.json"), "{\"list\":");

        Assert.That(mark.ListTokens(out var damaged), Is.EqualTo([token]));
        Assert.That(damaged, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task CodeInvalid_ListsLivingLicensesWhoseNewestCodeIsInvalid()
    {
        var invalid = await SoldLicense.BuyAsync(_app);
        var revoked = await SoldLicense.BuyAsync(_app);
        var renewed = await SoldLicense.BuyAsync(_app);
        await SoldLicense.BuyAsync(_app);
        var store = _app.Services.GetRequiredService<IRestoreStore>();
        var indexes = _app.Query($"SELECT status_index FROM codes WHERE license_id IN ('{invalid.Id}', '{revoked.Id}', '{renewed.Id}')");
        await store.InvalidateAsync(1, index => indexes.Contains((long)index), default);
        await revoked.CommandAsync("revoke");
        await renewed.CommandAsync("reissue");

        Assert.That(await _app.Admin.ListIdsAsync("licenses?codeInvalid=true"), Is.EqualTo([invalid.Id]));
        _app.Time.Advance(SoldLicense.Term);
        Assert.That(await _app.Admin.ListIdsAsync("licenses?codeInvalid=true&state=Frozen"), Is.EqualTo([invalid.Id]));
        _app.Time.Advance(SoldLicense.Grace);
        Assert.That(await _app.Admin.ListIdsAsync("licenses?codeInvalid=true"), Is.Empty);
    }

    // A revocation that came after the backup was forgotten, and the next list told the software that it was valid again.
    [Test]
    public async Task Start_TokenOfTheMarkHasInvalidEntries_TheyStayInvalidAndTheListIsSignedAgain()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await PublishAsync();
        await license.CommandAsync("revoke");
        await PublishAsync();
        await _app.StopAsync();
        var published = Mark().ListTokens(out _).Single();
        _app.Change($"DELETE FROM events WHERE type = 'license.revoked' AND license_id = '{license.Id}'");
        _app.Change($"UPDATE licenses SET revoked_at = NULL, revoke_reason = NULL, state = 'Active' WHERE id = '{license.Id}'");
        _app.Change("UPDATE status_list_uris SET seq = 1, token = NULL");
        _app.Change("UPDATE codes SET invalid_at = NULL");

        await _app.RestartAsync();
        await PublishAsync();

        Assert.That(Behind(), Has.Count.EqualTo(1));
        Assert.That(await _app.Admin.ListIdsAsync("licenses?codeInvalid=true"), Is.EqualTo([license.Id]));
        var index = (int)(long)_app.Query("SELECT status_index FROM codes")[0];
        var token = (string)_app.Query("SELECT token FROM status_list_uris WHERE list = 1")[0];
        var list = new LicenseVerifier(LicenseAuthorityApplication.RootLines, "any", new LicenseVerifierOptions { TimeProvider = _app.Time }).CheckStatusList(token).List!;
        Assert.That(list.GetStatus(index), Is.EqualTo(LicenseStatus.Invalid));
        Assert.That(list.Sequence, Is.GreaterThan(published.Sequence));
    }

    // Of a device that was freed after the backup. It got the same code for ever, which its list calls Revoked.
    [Test]
    public async Task Refresh_TokenOfTheMarkSaysThatADevicesCodeIsInvalid_TheDeviceGetsAnother()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var device = new Device(_app, "a");
        var (id, code) = await device.PlacedAsync(license.FirstCode);
        await PublishAsync();
        var deviceId = _app.Query("SELECT device_id FROM activation_devices")[0];
        Assert.That((await Device.FreeAsync(_app, id, code)).Status, Is.EqualTo(204));
        await PublishAsync();
        await _app.StopAsync();
        _app.Change($"DELETE FROM events WHERE type = 'license.deactivated' AND license_id = '{license.Id}'");
        _app.Change("UPDATE activations SET freed_at = NULL, freed_by = NULL");
        _app.Change($"INSERT INTO activation_devices (license_id, device_id, activation_id) VALUES ('{license.Id}', '{deviceId}', '{id}')");
        _app.Change("UPDATE status_list_uris SET seq = 1, token = NULL");
        _app.Change("UPDATE codes SET invalid_at = NULL");
        await _app.RestartAsync();
        Assert.That(_app.Query("SELECT count(*) FROM codes WHERE invalid_at IS NOT NULL"), Is.EqualTo([1L]));

        var newest = (await SoldLicense.FetchCodeAsync(_app, code)).Json.GetProperty("code").GetString();

        Assert.That(newest, Is.Not.EqualTo(code));
        Assert.That(await device.PlacedAsync(license.FirstCode), Is.EqualTo((id, newest)));
        Assert.That(_app.Query("SELECT count(*) FROM codes WHERE invalid_at IS NOT NULL"), Is.EqualTo([1L]));
    }

    private async Task PublishAsync()
    {
        _app.Time.Advance(StatusListPublisher.Pace);
        await _app.Services.GetRequiredService<StatusListPublisher>().LookAsync(default);
    }

    // Two are sold, and the second is gone again, as from a backup of before it.
    private async Task<SoldLicense> SellAndForgetAsync(bool stop = true)
    {
        await SoldLicense.BuyAsync(_app);
        _app.Time.Advance(TimeSpan.FromMinutes(1));
        var lost = await SoldLicense.BuyAsync(_app);
        await Watch().LookOnceAsync(default);
        if (stop)
        {
            await _app.StopAsync();
        }

        Forget(lost.Id);
        return lost;
    }

    private void Forget(string id)
    {
        foreach (var table in (string[])["events", "orders", "follow_up_orders", "answers", "codes"])
        {
            _app.Change($"DELETE FROM {table} WHERE license_id = '{id}'");
        }

        _app.Change($"DELETE FROM licenses WHERE id = '{id}'");
        if (_app.IsOnPostgres)
        {
            _app.Change("SELECT setval(pg_get_serial_sequence('events', 'id'), (SELECT max(id) FROM events))");
        }
    }

    private async Task<string?> SoldLicenseUnknownAsync(SoldLicense lost)
    {
        await using var other = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        return (await SoldLicense.FetchCodeAsync(other, lost.FirstCode)).Code;
    }

    private AuthorityMark Mark() => new(MarkFolder());

    private string MarkFolder() => Path.Combine(_app.Folder, "keys", "status-lists");

    private RestoreWatch Watch() => _app.Services.GetRequiredService<RestoreWatch>();

    private List<string> Behind() =>
    [
        .. _app.Logs.Lines
            .Where(static line => line.Level == LogLevel.Error && line.Message.StartsWith("database-behind:", StringComparison.Ordinal))
            .Select(static line => line.Message),
    ];

    private Task<List<JsonElement>> OpenEntriesAsync() => _app.Admin.ListAsync("conflicts?kind=restored");

    private async Task<string?> HealthAsync()
    {
        using var response = await _app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        return JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("checks").GetProperty("database-behind").GetProperty("status").GetString();
    }
}
