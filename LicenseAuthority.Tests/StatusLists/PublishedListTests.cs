using System.Diagnostics.Metrics;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Keys;
using LicenseAuthority.Mark;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Tests.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.StatusLists;

/// <summary>Status lists as licensed software fetches them, from the order to the revocation.</summary>
[OnEveryDatabase]
internal sealed class PublishedListTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [TearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [Test]
    public async Task List_AsSoonAsTheFirstCodeIsOut_IsThereUnderTheUriOfTheCode()
    {
        var license = await SoldLicense.BuyAsync(_app);

        var list = await FetchAsync(license.FirstCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(list.Uri, Is.EqualTo(Code(license.FirstCode).StatusListUri));
            Assert.That(StatusOf(list, license.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(list.ExpiresAt - list.IssuedAt, Is.EqualTo(TimeSpan.FromDays(30)));
            Assert.That(list.TimeToLive, Is.EqualTo(TimeSpan.FromHours(12)));
            Assert.That(list.Sequence, Is.GreaterThanOrEqualTo(list.IssuedAt.ToUnixTimeSeconds()));
        }
    }

    [TestCase(GivenState.FrozenByOperator, LicenseStatus.Suspended)]
    [TestCase(GivenState.FrozenByExpireCall, LicenseStatus.Suspended)]
    [TestCase(GivenState.Revoked, LicenseStatus.Invalid)]
    [TestCase(GivenState.ReleasedByMarketplace, LicenseStatus.Invalid)]
    [TestCase(GivenState.ReleasedByClockAndRecorded, LicenseStatus.Invalid)]
    public async Task List_AfterAChange_SaysSoAndNothingOfOthers(GivenState state, LicenseStatus expected)
    {
        var other = await SoldLicense.BuyAsync(_app, purchase => purchase.With("expireTime", InstanceCall.Text(_app.Time.GetUtcNow() + TimeSpan.FromDays(900))));
        var license = await Given.LicenseAsync(_app, state);

        await _app.PublishListsAsync();

        var list = await FetchAsync(license.FirstCode);
        Assert.That((StatusOf(list, license.FirstCode), StatusOf(list, other.FirstCode)), Is.EqualTo(((LicenseStatus?)expected, (LicenseStatus?)LicenseStatus.Valid)));
    }

    [TestCase("UPDATE licenses SET entitlements = 'hunter2'", TestName = "List_RowOfALicenseIsDamaged_OthersArePublishedAndItsEntryStays")]
    [TestCase("UPDATE codes SET status_index = 9999999", TestName = "List_IndexOfACodeIsDamaged_OthersArePublishedAndItsEntryStays")]
    [TestCase("UPDATE codes SET text = 'hunter2'", TestName = "List_TextOfACodeIsDamaged_OthersArePublishedAndItsEntryStays")]
    public async Task List_WhatIsStoredIsDamaged_OthersArePublishedAndItsEntryStays(string damage)
    {
        var damaged = await SoldLicense.BuyAsync(_app);
        await damaged.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(90));
        var other = await SoldLicense.BuyAsync(_app);
        _app.Change($"{damage} WHERE {(damage.Contains("codes", StringComparison.Ordinal) ? "license_id" : "id")} = '{damaged.Id}'");
        await other.CommandAsync("revoke");

        await _app.PublishListsAsync();

        var list = await FetchAsync(other.FirstCode);
        Assert.That(StatusOf(list, other.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
        Assert.That(StatusOf(list, damaged.FirstCode), Is.EqualTo(LicenseStatus.Valid));
        Assert.That(_app.Services.GetRequiredService<StatusListPublisher>().FailingFor, Is.EqualTo(TimeSpan.Zero));
    }

    // The service did not start any more.
    [TestCase(true)]
    [TestCase(false)]
    public async Task Start_StoredTokenIsDamaged_ServesWhatTheMarkHasElseWhatTheRowsSay(bool withMark)
    {
        var revoked = await SoldLicense.BuyAsync(_app);
        var other = await SoldLicense.BuyAsync(_app);
        await revoked.CommandAsync("revoke");
        await _app.PublishListsAsync();
        var before = await FetchAsync(other.FirstCode);
        await _app.StopAsync();
        _app.Change("UPDATE status_list_uris SET token = 'hunter2'");
        if (!withMark)
        {
            foreach (var kept in Directory.GetFiles(Path.Combine(_app.Folder, "keys", "status-lists")).Where(static path => !path.EndsWith("mark.json", StringComparison.Ordinal)))
            {
                File.Delete(kept);
            }
        }

        await _app.RestartAsync();
        var publisher = _app.Services.GetRequiredService<StatusListPublisher>();
        for (var looks = 0; looks == 0 || publisher.HasMore; looks++)
        {
            await publisher.LookAsync(default);
        }

        await _app.PublishListsAsync();

        var after = await FetchAsync(other.FirstCode);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(after.Sequence, Is.GreaterThan(before.Sequence), "it was signed anew");
            Assert.That(StatusOf(after, revoked.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            Assert.That(StatusOf(after, other.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(_app.Query("SELECT count(*) FROM status_list_uris WHERE token = 'hunter2'"), Is.EqualTo([0L]));
            Assert.That(_app.Logs.Lines.Count(line => line.Message.Contains("The stored token of status list", StringComparison.Ordinal)), Is.EqualTo(1));
        }

        Assert.That((await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-AFTER"))).ResultCode, Is.EqualTo("000000"));
    }

    // Once all rows were read it was served, and kept beside the keys, as long as another node's newer key was missing here.
    [Test]
    public async Task Start_StoredTokenIsDamagedAndNoneCanBeSigned_ServesAndMarksNothingUntilOneCan()
    {
        var revoked = await SoldLicense.BuyAsync(_app);
        await revoked.CommandAsync("revoke");
        await _app.PublishListsAsync();
        await _app.StopAsync();
        var marks = Path.Combine(_app.Folder, "keys", "status-lists");
        foreach (var kept in Directory.GetFiles(marks).Where(static path => !path.EndsWith("mark.json", StringComparison.Ordinal)))
        {
            File.Delete(kept);
        }

        var next = KeyFiles.Development.Next(LicenseAuthorityApplication.Now);
        _app.Change(string.Create(CultureInfo.InvariantCulture, $"UPDATE status_list_uris SET token = 'hunter2', key_serial = {next.Certificate!.Serial}"));
        await _app.RestartAsync();
        await _app.PublishListsAsync();
        await _app.PublishListsAsync();

        using (var response = await SendAsync(HttpMethod.Get, new Uri(Code(revoked.FirstCode).StatusListUri!).AbsolutePath))
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        }

        Assert.That(_app.Logs.Lines.Select(static line => line.Message), Has.Some.Contains("has signed it, and this node has"), "all rows were read");
        Assert.That(Directory.GetFiles(marks).Where(static path => File.ReadAllText(path).Contains("hunter2", StringComparison.Ordinal)), Is.Empty);

        next.CopyTo(Path.Combine(_app.Folder, "keys"));
        await _app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);
        await _app.PublishListsAsync();

        Assert.That(StatusOf(await FetchAsync(revoked.FirstCode), revoked.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task List_DeviceFreed_ItsCodesAreInvalidAndThoseOfOthersAreNot()
    {
        var license = await SoldLicense.BuyAsync(_app, call => call.With("amount", "2"));
        var (id, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);
        var (_, other) = await new Device(_app, "b").PlacedAsync(license.FirstCode);
        await _app.PublishListsAsync();
        Assert.That(StatusOf(await FetchAsync(code), code), Is.EqualTo(LicenseStatus.Valid));

        Assert.That((await Device.FreeAsync(_app, id, code)).Status, Is.EqualTo(204));
        await _app.PublishListsAsync();

        var list = await FetchAsync(code);
        Assert.That(
            new[] { code, other, license.FirstCode }.Select(each => StatusOf(list, each)),
            Is.EqualTo([LicenseStatus.Invalid, LicenseStatus.Valid, LicenseStatus.Valid]));
    }

    // Nobody renewed it: it must die with the refund all the same.
    [Test]
    public async Task List_RefundOfARenewal_DeviceCodeThatGrantsMoreIsInvalid()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var end = _app.Time.GetUtcNow() + SoldLicense.Term;
        await license.RefreshAsync(end.AddDays(60));
        var (_, code) = await new Device(_app, "a").PlacedAsync(license.FirstCode);

        await license.RefreshAsync(end);
        await _app.PublishListsAsync();

        Assert.That(StatusOf(await FetchAsync(code), code), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task List_HoldLifted_IsValidAgain()
    {
        var license = await Given.LicenseAsync(_app, GivenState.FrozenByOperator);
        await _app.PublishListsAsync();
        var before = await FetchAsync(license.FirstCode);

        await license.CommandAsync("unfreeze");
        await _app.PublishListsAsync();

        var after = await FetchAsync(license.FirstCode);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(StatusOf(before, license.FirstCode), Is.EqualTo(LicenseStatus.Suspended));
            Assert.That(StatusOf(after, license.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(after.Sequence, Is.GreaterThan(before.Sequence));
        }
    }

    [Test]
    public async Task List_RenewalThatRestoresALicense_LeavesEarlierCodesInvalidAlsoIfTheReleaseWasNeverPublished()
    {
        var license = await Given.LicenseAsync(_app, GivenState.ReleasedByClock);
        Assert.That((await license.RefreshAsync(_app.Time.GetUtcNow() + SoldLicense.Term)).ResultCode, Is.EqualTo("000000"));

        await _app.PublishListsAsync();

        var list = await FetchAsync(license.FirstCode);
        var newest = await license.CodeAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(StatusOf(list, license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            Assert.That(StatusOf(list, newest), Is.EqualTo(LicenseStatus.Valid));
        }
    }

    [Test]
    public async Task List_RefundOfARenewal_EndsTheCodeThatGrantedMoreAndItStaysSo()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var ends = _app.Time.GetUtcNow() + SoldLicense.Term;
        await license.RefreshAsync(ends + TimeSpan.FromDays(30));
        var renewed = await license.CodeAsync();
        Assert.That((await license.RefreshAsync(ends)).ResultCode, Is.EqualTo("000000"));
        await _app.PublishListsAsync();
        var refunded = await FetchAsync(renewed);

        await license.RefreshAsync(ends + TimeSpan.FromDays(60));
        await _app.PublishListsAsync();

        var list = await FetchAsync(renewed);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(StatusOf(refunded, renewed), Is.EqualTo(LicenseStatus.Invalid), "grants more");
            Assert.That(StatusOf(refunded, license.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(StatusOf(list, renewed), Is.EqualTo(LicenseStatus.Invalid), "for good");
            Assert.That(StatusOf(list, await license.CodeAsync()), Is.EqualTo(LicenseStatus.Valid));
        }
    }

    [Test]
    public async Task List_RowsChangedWhileNobodyLooked_IsRightAfterTheRebuildOfTheNextStart()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        _app.Change("UPDATE licenses SET state = 'Revoked', revoked_at = 1, revoke_reason = 'by hand'");

        await _app.RestartAsync("Expiry:Enabled=false");
        await _app.PublishListsAsync();

        Assert.That(StatusOf(await FetchAsync(license.FirstCode), license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task List_OlderThanTheStoringOfUris_GetsItFromItsCodesAndTakesNoNewOnes()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        _app.Change("DELETE FROM status_list_uris");

        await _app.RestartAsync("Expiry:Enabled=false", "PublicUrl=https://other.example.com");
        await _app.PublishListsAsync();
        var next = await SoldLicense.BuyAsync(_app);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await FetchAsync(license.FirstCode)).Uri, Is.EqualTo(Code(license.FirstCode).StatusListUri));
            Assert.That(Code(next.FirstCode).StatusListUri, Does.StartWith("https://other.example.com/licensee/v1/status-lists/").And.Not.EndsWith("/1"));
            Assert.That((await FetchAsync(next.FirstCode)).Uri, Is.EqualTo(Code(next.FirstCode).StatusListUri));
        }
    }

    [Test]
    public async Task List_HalfOfItsLifeIsNearlyOver_IsSignedAgain()
    {
        var license = await SoldLicense.BuyAsync(_app, purchase => purchase.With("expireTime", InstanceCall.Text(_app.Time.GetUtcNow() + TimeSpan.FromDays(900))));
        await _app.PublishListsAsync();
        var before = await FetchAsync(license.FirstCode);
        _app.Time.Advance(TimeSpan.FromDays(14));

        await _app.PublishListsAsync();

        var after = await FetchAsync(license.FirstCode);
        Assert.That(after.Sequence, Is.GreaterThan(before.Sequence));
        Assert.That(after.ExpiresAt, Is.GreaterThan(before.ExpiresAt));
    }

    // Where nothing is revoked for weeks, software still has to hear what time it is.
    [Test]
    public async Task List_NothingHasChangedForADay_IsSignedAgain()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        var first = await FetchAsync(license.FirstCode);

        _app.Time.Advance(TimeSpan.FromHours(23));
        await _app.PublishListsAsync();
        Assert.That((await FetchAsync(license.FirstCode)).Sequence, Is.EqualTo(first.Sequence));

        _app.Time.Advance(TimeSpan.FromHours(1));
        await _app.PublishListsAsync();
        Assert.That((await FetchAsync(license.FirstCode)).IssuedAt, Is.EqualTo(_app.Time.GetUtcNow()).Within(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public async Task Door_Conditional_AnswersEachCodingWithItsTag()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var path = new Uri(Code(license.FirstCode).StatusListUri!).AbsolutePath;
        await _app.PublishListsAsync();

        using var plain = await SendAsync(HttpMethod.Get, path);
        using var head = await SendAsync(HttpMethod.Head, path);
        using var gzip = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", "br, gzip"));
        using var known = await SendAsync(HttpMethod.Get, path, ("If-None-Match", $"\"other\", {plain.Headers.ETag}"));
        using var knownHead = await SendAsync(HttpMethod.Head, path, ("If-None-Match", gzip.Headers.ETag!.ToString()), ("Accept-Encoding", "gzip"));
        using var refused = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", "gzip;q=0"));

        var text = await plain.Content.ReadAsStringAsync();
        await using var inflated = new GZipStream(await gzip.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(inflated, Encoding.ASCII);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plain.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(plain.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/statuslist+jwt"));
            Assert.That(plain.Headers.CacheControl!.ToString(), Is.EqualTo("no-cache"));
            Assert.That(plain.Headers.GetValues("Access-Control-Allow-Origin"), Is.EqualTo(["*"]));
            Assert.That(plain.Headers.ETag!.IsWeak, Is.False);
            Assert.That(plain.Headers.ETag, Is.Not.EqualTo(gzip.Headers.ETag), "other bytes");
            Assert.That(await reader.ReadToEndAsync(), Is.EqualTo(text));
            Assert.That(gzip.Content.Headers.ContentEncoding, Is.EqualTo(["gzip"]));
            Assert.That(head.Headers.ETag, Is.EqualTo(plain.Headers.ETag));
            Assert.That(head.Content.Headers.ContentLength, Is.EqualTo(text.Length));
            Assert.That(await head.Content.ReadAsStringAsync(), Is.Empty);
            Assert.That(known.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
            Assert.That(known.Headers.ETag, Is.EqualTo(plain.Headers.ETag));
            Assert.That(knownHead.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
            Assert.That(refused.Content.Headers.ContentEncoding, Is.Empty);
        }
    }

    [TestCase("2")]
    [TestCase("01")]
    [TestCase("+1")]
    [TestCase("x")]
    [TestCase("99999999999999999999")]
    public async Task Door_NoSuchList_Is404(string number)
    {
        await SoldLicense.BuyAsync(_app);

        using var response = await SendAsync(HttpMethod.Get, $"/licensee/v1/status-lists/{number}");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("status-list-not-found"));
    }

    [Test]
    public async Task Publisher_TwoNodesInTurn_ContainWhatEitherSaw()
    {
        if (!_app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one node.");
        }

        await using var beside = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], beside: _app);
        var licenses = new List<SoldLicense>();
        for (var i = 0; i < 4; i++)
        {
            var license = await SoldLicense.BuyAsync(i % 2 == 0 ? _app : beside);
            await license.CommandAsync("revoke");
            licenses.Add(license);
            await (i % 2 == 0 ? _app : beside).PublishListsAsync();
        }

        foreach (var node in (LicenseAuthorityApplication[])[_app, beside])
        {
            await node.PublishListsAsync();
            foreach (var license in licenses)
            {
                Assert.That(StatusOf(await FetchAsync(license.FirstCode, node), license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            }
        }
    }

    // Each under its own URI, which codes that are out name for good.
    [Test]
    public async Task Lists_KeyIsRotatedAfterPublicUrlChanged_AreAllSignedAnewUnderTheirUris()
    {
        var old = await SoldLicense.BuyAsync(_app);
        await old.CommandAsync("revoke");
        await _app.PublishListsAsync();
        await _app.RestartAsync("PublicUrl=https://new.example.com");
        var sold = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        var next = KeyFiles.Development.Next(LicenseAuthorityApplication.Now);

        next.CopyTo(Path.Combine(_app.Folder, "keys"));
        await _app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);
        await _app.PublishListsAsync();

        var (oldList, newList) = (await FetchAsync(old.FirstCode), await FetchAsync(sold.FirstCode));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_app.Query("SELECT DISTINCT key_serial FROM status_list_uris"), Is.EqualTo([(long)next.Certificate!.Serial]));
            Assert.That(oldList.Uri, Is.EqualTo(Code(old.FirstCode).StatusListUri).And.StartsWith(LicenseAuthorityApplication.PublicUrl));
            Assert.That(newList.Uri, Is.EqualTo(Code(sold.FirstCode).StatusListUri).And.StartsWith("https://new.example.com/"));
            Assert.That(StatusOf(oldList, old.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            Assert.That(StatusOf(newList, sold.FirstCode), Is.EqualTo(LicenseStatus.Valid));
        }
    }

    // A transaction that has its number and is not committed yet, while one with a higher number is.
    [Test]
    public async Task Look_EventBecomesVisibleAfterAHigherOne_IsPublishedAllTheSame()
    {
        if (!_app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one writer: events become visible in order.");
        }

        // Without the service's own looks, which would see it before its number is changed.
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"], builder => builder.Services.Remove(builder.Services.Single(service => service.ImplementationType == typeof(StatusListService))));
        var late = await SoldLicense.BuyAsync(app);
        var early = await SoldLicense.BuyAsync(app);
        await app.PublishListsAsync();
        var number = (long)app.Query("SELECT max(id) FROM events")[0] + 1;
        app.Change("SELECT nextval(pg_get_serial_sequence('events', 'id'))");
        await early.CommandAsync("revoke");
        await app.PublishListsAsync();
        Assert.That(StatusOf(await FetchAsync(early.FirstCode, app), early.FirstCode), Is.EqualTo(LicenseStatus.Invalid));

        await late.CommandAsync("revoke");
        app.Change($"UPDATE events SET id = {number} WHERE license_id = '{late.Id}' AND type = 'license.revoked'");
        await app.PublishListsAsync();

        Assert.That(StatusOf(await FetchAsync(late.FirstCode, app), late.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task Start_FileOfAListIsCutShort_IsAWarningAtMostAndItIsWholeAgain()
    {
        var revoked = await SoldLicense.BuyAsync(_app);
        await revoked.CommandAsync("revoke");
        await _app.PublishListsAsync();
        await _app.StopAsync();
        var mark = new AuthorityMark(Path.Combine(_app.Folder, "keys", "status-lists"));
        var file = Directory.GetFiles(Path.GetDirectoryName(mark.FullPath)!, "*.token.json").Single();
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file))[..100]);

        await _app.RestartAsync();
        await _app.PublishListsAsync();

        Assert.That(StatusOf(await FetchAsync(revoked.FirstCode), revoked.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
        Assert.That(mark.ListTokens(out var damaged), Has.Count.EqualTo(1));
        Assert.That(damaged, Is.Empty);
        Assert.That(_app.Logs.Lines.Where(static line => line.Message.StartsWith("database-behind", StringComparison.Ordinal)), Is.Empty);
    }

    // The order of a list is COMMIT, mark, served: what cannot be marked is not shown, and issuing goes on with the list that is there.
    [Test]
    public async Task Publish_DiskOfTheMarkIsFull_IsNotServedUntilThereIsRoomAndHealthSaysSo()
    {
        var folder = Path.Combine(_app.Folder, "small");
        using var disk = SmallDisk.TryMount(folder, "1m");
        await _app.RestartAsync($"StatusLists:Directory={folder}");
        var revoked = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        disk.Fill();

        await revoked.CommandAsync("revoke");
        await _app.PublishListsAsync();
        var shown = StatusOf(await FetchAsync(revoked.FirstCode), revoked.FirstCode);
        _app.Time.Advance(StatusListPublisher.Patience);
        var failing = _app.Services.GetRequiredService<StatusListPublisher>().FailingFor;
        var order = await _app.Marketplace.SendAsync(GetLicenseCall.For("CS-FULL"));
        disk.MakeRoom();
        await _app.PublishListsAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown, Is.EqualTo(LicenseStatus.Valid));
            Assert.That(failing, Is.GreaterThanOrEqualTo(StatusListPublisher.Patience));
            Assert.That(order.ResultCode, Is.EqualTo("000000"));
            Assert.That(StatusOf(await FetchAsync(revoked.FirstCode), revoked.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            Assert.That(_app.Logs.Lines.Select(static line => line.Message), Has.Some.Contains("StatusLists:Directory"));
        }

        await _app.StopAsync();
    }

    [Test]
    public async Task Mark_TwoNodesOnOneFolder_KnowsTheNewestOfBothAndNobodyThinksOfARestore()
    {
        if (!_app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one node.");
        }

        var folder = Path.Combine(_app.Folder, "shared");
        await _app.RestartAsync($"StatusLists:Directory={folder}");
        await using var beside = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", $"StatusLists:Directory={folder}"], beside: _app);
        for (var i = 0; i < 3; i++)
        {
            foreach (var node in (LicenseAuthorityApplication[])[_app, beside])
            {
                var license = await SoldLicense.BuyAsync(node);
                await license.CommandAsync("revoke");
                await node.PublishListsAsync();
                await node.Services.GetRequiredService<RestoreWatch>().LookOnceAsync(CancellationToken.None);
            }
        }

        var content = new AuthorityMark(folder).Find()!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(content.NewestEvent!.Number, Is.EqualTo(_app.Query("SELECT max(id) FROM events")[0]));
            Assert.That(content.Published!.Values.Max(), Is.EqualTo(_app.Query("SELECT max(seq) FROM status_list_uris")[0]));
            Assert.That(_app.Query("SELECT restores FROM authority"), Is.EqualTo([0L]));
        }
    }

    [Test]
    public async Task Instruments_OfLists_CountWhatWasPublishedAndHowOldItIs()
    {
        using var measurements = new Measurements(_app.Services.GetRequiredService<IMeterFactory>());
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        var before = measurements.ValuesOf("license_authority.status_lists.published").Sum();
        await license.CommandAsync("revoke");
        await _app.PublishListsAsync();
        var published = measurements.ValuesOf("license_authority.status_lists.published").Sum();
        var timed = measurements.ValuesOf("license_authority.status_list.publish.duration").Count;
        _app.Time.Advance(TimeSpan.FromMinutes(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(before, Is.GreaterThanOrEqualTo(1));
            Assert.That(published, Is.EqualTo(before + 1));
            Assert.That(timed, Is.EqualTo(published));
            Assert.That(measurements.Observe("license_authority.status_lists.age"), Is.GreaterThanOrEqualTo(60).And.LessThan(70));
        }
    }

    // After a theft the other node signs with the new key first: here the revoked one signed every list again, and licensed software refused them.
    [Test]
    public async Task List_ByANewerKeyThatThisNodeHasNotSeen_IsNotSignedAgainWithTheOlderOne()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        var signed = Sequences().Single() + 10;
        _app.Change($"UPDATE status_list_uris SET seq = {signed}, key_serial = key_serial + 1");

        await _app.PublishListsAsync();
        var untouched = Sequences().Single();
        await license.CommandAsync("revoke");
        await _app.PublishListsAsync();

        Assert.That((untouched, Sequences().Single()), Is.EqualTo((signed, signed)));
        _app.Time.Advance(TimeSpan.FromSeconds(11));
        var health = await _app.Client.GetAsync("/health/ready");
        Assert.That(await health.Content.ReadAsStringAsync(), Does.Contain("\"status-lists\":{\"status\":\"Degraded\""), "what it cannot publish it says");
    }

    // The first list that failed held up all behind it. And none is served that whoever keeps the mark has not heard of.
    [Test]
    public async Task Look_OneListFails_TheOthersArePublishedAndItIsServedAsBefore()
    {
        var failing = new FailingMark();
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"], builder => builder.Services.AddSingleton<IStatusListMark>(failing));
        var first = await SoldLicense.BuyAsync(app);
        await app.RestartAsync("Expiry:Enabled=false", "PublicUrl=https://other.example.com");
        var second = await SoldLicense.BuyAsync(app);
        await app.PublishListsAsync();
        failing.Fails = 1;
        await first.CommandAsync("revoke");
        await second.CommandAsync("revoke");

        await app.PublishListsAsync();

        Assert.That(StatusOf(await FetchAsync(second.FirstCode, app), second.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
        Assert.That(StatusOf(await FetchAsync(first.FirstCode, app), first.FirstCode), Is.EqualTo(LicenseStatus.Valid));
        failing.Fails = 0;
        await app.PublishListsAsync();
        Assert.That(StatusOf(await FetchAsync(first.FirstCode, app), first.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
    }

    // Each node published every 2 s, whatever the others had published since.
    [Test]
    public async Task Look_AnotherNodeHasJustPublished_WaitsForThePace()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        _app.Time.Advance(StatusListPublisher.Pace);
        var others = Sequences().Single() + 1;
        _app.Change($"UPDATE status_list_uris SET seq = {others}");
        await license.CommandAsync("revoke");

        await _app.Services.GetRequiredService<StatusListPublisher>().LookAsync(CancellationToken.None);
        var atOnce = Sequences().Single();
        await _app.PublishListsAsync();

        Assert.That(atOnce, Is.EqualTo(others));
        Assert.That(StatusOf(await FetchAsync(license.FirstCode), license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
    }

    [Test]
    public async Task List_CertificateEndsBeforeTheLifetime_ExpiresWithIt()
    {
        var license = await SoldLicense.BuyAsync(_app, purchase => purchase.With("expireTime", InstanceCall.Text(_app.Time.GetUtcNow() + TimeSpan.FromDays(9000))));
        var ends = _app.Services.GetRequiredService<LiveKeys>().Ring.CurrentEndsAt;
        _app.Time.Advance(ends - TimeSpan.FromDays(10) - _app.Time.GetUtcNow());

        await _app.PublishListsAsync();

        Assert.That((await FetchAsync(license.FirstCode)).ExpiresAt, Is.EqualTo(ends));
    }

    // Licensed software whose clock is right took the list for a sign that its own clock was turned back.
    [Test]
    public async Task List_SignedByAClockThatWasThreeDaysAhead_IsSignedAgainWhenItIsRight()
    {
        var right = _app.Time.GetUtcNow();
        _app.Time.Advance(TimeSpan.FromDays(3));
        var license = await SoldLicense.BuyAsync(_app);
        await license.CommandAsync("revoke");
        await _app.PublishListsAsync();
        var ahead = await FetchAsync(license.FirstCode);

        _app.Time.AdjustTime(right);
        await _app.PublishListsAsync();

        var list = await FetchAsync(license.FirstCode);
        Assert.That((list.IssuedAt < right + TimeSpan.FromMinutes(1), list.Sequence > ahead.Sequence), Is.EqualTo((true, true)));
    }

    // From before URIs were stored, when a list was named by the PublicUrl of the day.
    [Test]
    public async Task List_ItsCodesNameSeveralUris_IsSignedUnderEachOfThem()
    {
        const string Moved = "https://other.example.com";
        var first = await SoldLicense.BuyAsync(_app);
        await ForgetMarkAsync();
        _app.Change($"DELETE FROM status_list_uris; INSERT INTO status_list_uris (list, uri, seq) VALUES (1, '{Moved}/licensee/v1/status-lists/1', 0)");
        await _app.RestartAsync("Expiry:Enabled=false", $"PublicUrl={Moved}");
        var second = await SoldLicense.BuyAsync(_app);
        await second.CommandAsync("revoke");
        await ForgetMarkAsync();
        _app.Change("DELETE FROM status_list_uris");

        await _app.RestartAsync("Expiry:Enabled=false", $"PublicUrl={Moved}");
        await _app.PublishListsAsync();

        var lists = _app.Query("SELECT token FROM status_list_uris WHERE list = 1").Select(token => Verifier(TestCodes.Product).CheckStatusList((string)token).List!).ToList();
        Assert.That(lists.Select(static list => list.Uri), Is.EquivalentTo([Code(first.FirstCode).StatusListUri, Code(second.FirstCode).StatusListUri]));
        foreach (var list in lists)
        {
            Assert.That(StatusOf(list, first.FirstCode), Is.EqualTo(LicenseStatus.Valid));
            Assert.That(StatusOf(list, second.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
        }
    }

    // Nobody calls it here, only its clock moves on.
    [Test]
    public async Task Service_LicenseIsRevoked_PublishesByItself()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await license.CommandAsync("revoke");

        using var patience = new CancellationTokenSource(Patience.Length);
        while (StatusOf(await FetchAsync(license.FirstCode), license.FirstCode) != LicenseStatus.Invalid)
        {
            patience.Token.ThrowIfCancellationRequested();
            _app.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [TestCase("StatusLists:Lifetime=00:59:59", "StatusLists:Lifetime")]
    [TestCase("StatusLists:Lifetime=366.00:00:01", "StatusLists:Lifetime")]
    [TestCase("StatusLists:TimeToLive=00:00:59", "StatusLists:TimeToLive")]
    [TestCase("StatusLists:TimeToLive=366.00:00:01", "StatusLists:TimeToLive")]
    public void Start_SettingIsOutOfItsRange_IsRefused(string setting, string name) =>
        Assert.That(() => _app.RestartAsync(setting), Throws.Exception.With.Message.Contains(name + " must be from"));

    [TestCase("01:00:00", "00:01:00")]
    [TestCase("366.00:00:00", "366.00:00:00")]
    public async Task List_SettingsAtTheirLimits_SaysSo(string lifetime, string timeToLive)
    {
        await _app.RestartAsync("Expiry:Enabled=false", $"StatusLists:Lifetime={lifetime}", $"StatusLists:TimeToLive={timeToLive}");
        var list = await FetchAsync((await SoldLicense.BuyAsync(_app)).FirstCode);

        Assert.That(list.ExpiresAt - list.IssuedAt, Is.EqualTo(TimeSpan.Parse(lifetime, CultureInfo.InvariantCulture)));
        Assert.That(list.TimeToLive, Is.EqualTo(TimeSpan.Parse(timeToLive, CultureInfo.InvariantCulture)));
    }

    [Test]
    public async Task Publisher_TwoNodesAtOnce_ContainWhatEitherSaw()
    {
        if (!_app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one node.");
        }

        await using var beside = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], beside: _app);
        var licenses = new List<SoldLicense>();
        for (var round = 0; round < 4; round++)
        {
            foreach (var node in (LicenseAuthorityApplication[])[_app, beside])
            {
                var license = await SoldLicense.BuyAsync(node);
                await license.CommandAsync("revoke");
                licenses.Add(license);
            }

            await Task.WhenAll(_app.PublishListsAsync(), beside.PublishListsAsync());
        }

        foreach (var node in (LicenseAuthorityApplication[])[_app, beside])
        {
            await node.PublishListsAsync();
            foreach (var license in licenses)
            {
                Assert.That(StatusOf(await FetchAsync(license.FirstCode, node), license.FirstCode), Is.EqualTo(LicenseStatus.Invalid));
            }
        }
    }

    [Test]
    public async Task Publisher_OnlyTheOtherNodeHasTheNewKey_LeavesItsLists()
    {
        if (!_app.IsOnPostgres)
        {
            Assert.Ignore("SQLite has one node.");
        }

        await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();
        await using var beside = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], beside: _app);
        var next = KeyFiles.Development.Next(LicenseAuthorityApplication.Now, revokeOlder: true);
        next.CopyTo(Path.Combine(_app.Folder, "keys"));
        await _app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);
        await _app.PublishListsAsync();
        var signed = Sequences().Single();

        // Its clock stands still, so it has not looked at its keys.
        await beside.Services.GetRequiredService<StatusListPublisher>().LookAsync(CancellationToken.None);

        Assert.That(beside.Services.GetRequiredService<LiveKeys>().MissingSerial, Is.Null);
        Assert.That((Sequences().Single(), _app.Query("SELECT key_serial FROM status_list_uris")[0]), Is.EqualTo((signed, (object)(long)next.Certificate!.Serial)));
    }

    [Test]
    public async Task Health_ListsCannotBeSigned_IsYellow()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.PublishListsAsync();

        // Beyond the certificate.
        _app.Time.Advance(TimeSpan.FromDays(366 * 6));
        await _app.PublishListsAsync();
        _app.Time.Advance(TimeSpan.FromSeconds(11));

        var health = await _app.Client.GetAsync("/health/ready");
        Assert.That(await health.Content.ReadAsStringAsync(), Does.Contain("\"status-lists\":{\"status\":\"Degraded\""));
    }

    // It would say that the database has lost what a test takes away from it.
    private async Task ForgetMarkAsync()
    {
        await _app.StopAsync();
        Directory.Delete(Path.Combine(_app.Folder, "keys", "status-lists"), recursive: true);
    }

    private List<long> Sequences() => [.. _app.Query("SELECT seq FROM status_list_uris ORDER BY list").Cast<long>()];

    private static LicenseStatus? StatusOf(LicenseStatusList list, string code) => list.GetStatus(Code(code).StatusListIndex!.Value);

    private static LicenseCode Code(string code) => Verifier(TestCodes.Product).Check(code).License!;

    private static LicenseVerifier Verifier(string product) => new(LicenseAuthorityApplication.RootLines, product);

    private async Task<LicenseStatusList> FetchAsync(string code, LicenseAuthorityApplication? app = null)
    {
        using var response = await SendAsync(HttpMethod.Get, new Uri(Code(code).StatusListUri!).AbsolutePath, app);
        var token = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), token);
        var check = Verifier(TestCodes.Product).CheckStatusList(token);
        return check.List ?? throw new AssertionException(string.Create(CultureInfo.InvariantCulture, $"{check.Outcome}: {check.GetEvidence(LicenseLanguage.English)}"));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers) => SendAsync(method, path, null, headers);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, LicenseAuthorityApplication? app, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await (app ?? _app).Client.SendAsync(request);
    }

    private sealed class FailingMark : IStatusListMark
    {
        public long Fails { get; set; }

        public Task DrawnAsync(long list, int drawn, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task PublishedAsync(StatusListToken token, CancellationToken cancellationToken) =>
            token.List == Fails ? throw new InvalidOperationException("It cannot be written down.") : Task.CompletedTask;

        public StatusListToken? FindPublished(string uri) => null;
    }
}
