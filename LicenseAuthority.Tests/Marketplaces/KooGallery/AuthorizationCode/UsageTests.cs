using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Storage;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Tests.Telemetry;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Licensed software tells of its use, and the marketplace hears of it once the day is over there.</summary>
[OnEveryDatabase]
internal sealed class UsageTests() : OpenApiTests(
[
    "Clock:HoldFor=00:00:00",
    .. LicenseAuthorityApplication.Product(0, "demo-product", Ids, "Usage=Ids"),
    .. LicenseAuthorityApplication.Product(1, "counted", Count, "Usage=Count"),
    .. LicenseAuthorityApplication.Product(2, "silent", None),
])
{
    private const string Ids = "OFFI000000000000000001";
    private const string Count = "OFFI000000000000000002";
    private const string None = "OFFI000000000000000003";

    // It is 08:00 in Beijing at the start: the day ends there in 16 hours.
    private static readonly TimeSpan UntilMidnight = TimeSpan.FromHours(16);

    private static readonly TimeSpan UntilReported = UntilMidnight + TimeSpan.FromMinutes(10);

    [Test]
    public async Task Numbers_TheHighestOfTheDayIsReportedOnce()
    {
        using var measured = new Measurements(App.Services.GetRequiredService<IMeterFactory>());
        var (sold, license) = await BuyAsync(Count);
        await App.UseAsync(license, """{"activeNum": 3}""", """{"activeNum": 12}""", """{"activeNum": 7}""");
        await App.TellUsageAsync(license, """{"id": "alice"}""");
        App.Time.Advance(UntilReported);
        await ReportAsync();
        await ReportAsync();

        Assert.That(measured.CountsOf("license_authority.licensee.usages"), Is.EqualTo(["accepted: 3", "usage_disabled: 1"]));
        Assert.That(measured.CountsOf("license_authority.marketplace.usage_entries"), Is.EqualTo(["sent: 1"]));
        Assert.That(OpenApi.Usages.Single().Licenses.Single().License, Is.EqualTo(sold.Text));
        Assert.That(OpenApi.Usages.Single().Entries, Is.EqualTo(["active_num 12"]));
        Assert.That(Stored, Is.EqualTo((0, 0)), "nothing is kept of what was reported");
    }

    [Test]
    public async Task Numbers_ZeroAndTheHighestThereIs()
    {
        var (_, none) = await BuyAsync(Count);
        var (_, most) = await BuyAsync(Count);
        await App.UseAsync(none, """{"activeNum": 0}""");
        await App.UseAsync(most, """{"activeNum": 999999999, "version": "of a later software"}""");
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages.Single().Licenses.SelectMany(license => license.Entries), Is.EquivalentTo(["active_num 0", "active_num 999999999"]));
    }

    [Test]
    public async Task Ids_EachOfTheDayIsReportedOnceAndDeleted()
    {
        var (_, license) = await BuyAsync(Ids);
        var longest = new string('é', 256);
        await App.UseAsync(license, """{"id": "alice"}""", """{"id": "Alice", "activeNum": null}""", """{"id": "alice"}""", $$"""{"id": "{{longest}}"}""", """{"id": "李 雷"}""");
        var stored = Stored;
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages.Single().Entries, Is.EquivalentTo(["id alice", "id Alice", "id " + longest, "id 李 雷"]));
        Assert.That((stored, Stored), Is.EqualTo(((1, 4), (0, 0))));
    }

    [Test]
    public async Task Ids_OnceReported_AreNotLeftInTheFile()
    {
        if (App.IsOnPostgres)
        {
            Assert.Ignore("PostgreSQL's own cleaning sees to it.");
        }

        var (_, license) = await BuyAsync(Ids);
        await App.UseAsync(license, [.. Enumerable.Range(0, 40).Select(i => $$"""{"id": "who-uses-it-{{i}}"}""")]);
        Assert.That(WithTheLog(), Does.Contain("who-uses-it-"));
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(WithTheLog(), Does.Not.Contain("who-uses-it-"));

        // The file with all that lay in its log.
        string WithTheLog()
        {
            using var connection = new SqliteConnection($"Data Source={App.DatabasePath};Pooling=False");
            connection.Open();
            using var checkpoint = connection.CreateCommand();
            checkpoint.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            checkpoint.ExecuteNonQuery();
            using var file = new FileStream(App.DatabasePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(file, Encoding.Latin1);
            return reader.ReadToEnd();
        }
    }

    // 24:00 there is 16:00 UTC.
    [Test]
    public async Task Day_EndsAtMidnightOfTheMarketplace()
    {
        var (_, license) = await BuyAsync(Ids);
        App.Time.Advance(UntilMidnight - TimeSpan.FromMilliseconds(1));
        await App.UseAsync(license, """{"id": "before"}""");
        App.Time.Advance(TimeSpan.FromMilliseconds(1));
        await App.UseAsync(license, """{"id": "after"}""");
        App.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        await ReportAsync();
        var early = OpenApi.Usages.Count;
        App.Time.Advance(TimeSpan.FromMilliseconds(1));
        await ReportAsync();
        var first = OpenApi.Usages.Count;
        App.Time.Advance(TimeSpan.FromDays(1));
        await ReportAsync();

        Assert.That((early, first), Is.EqualTo((0, 1)));
        Assert.That(OpenApi.Usages.Select(report => report.Entries.Single()), Is.EqualTo(["id before", "id after"]));
    }

    [Test]
    public async Task Report_LicensesOfTwoKinds_AreInOneCall()
    {
        var (_, counted) = await BuyAsync(Count);
        var (_, named) = await BuyAsync(Ids);
        await App.UseAsync(counted, """{"activeNum": 5}""");
        await App.UseAsync(named, """{"id": "alice"}""");
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages.Single().Licenses.SelectMany(license => license.Entries), Is.EquivalentTo(["active_num 5", "id alice"]));
    }

    [Test]
    public async Task Report_MoreThanAHundredLicenses_AreInCallsOfAHundred()
    {
        for (var i = 0; i < 101; i++)
        {
            var (_, license) = await BuyAsync(Count);
            await App.UseAsync(license, """{"activeNum": 1}""");
        }

        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages.Select(report => report.Licenses.Count).Order(), Is.EqualTo([1, 100]));
        Assert.That(OpenApi.Usages.SelectMany(report => report.Licenses).Select(license => license.License).ToList(), Is.Unique.And.Count.EqualTo(101));
    }

    [TestCase(100, new[] { 100 })]
    [TestCase(250, new[] { 50, 100, 100 })]
    public async Task Report_ManyIdsOfALicense_AreInCallsOfAHundred(int count, int[] calls)
    {
        var (_, license) = await BuyAsync(Ids);
        await App.UseAsync(license, [.. Enumerable.Range(0, count).Select(i => $$"""{"id": "user-{{i}}"}""")]);
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages.Select(report => report.Entries.Count).Order(), Is.EqualTo(calls));
        Assert.That(OpenApi.Usages.SelectMany(report => report.Entries).ToList(), Is.Unique.And.Count.EqualTo(count));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    // What was told after the setting was changed comes after what was told before: a number goes with the ids.
    [Test]
    public async Task Report_OfADayOnWhichTheSettingWasChanged_HasBoth()
    {
        var (_, license) = await BuyAsync(Ids);
        await App.UseAsync(license, [.. Enumerable.Range(0, 100).Select(i => $$"""{"id": "user-{{i}}"}""")]);
        await App.RestartAsync("Products:0:Usage=Count");
        await App.UseAsync(license, """{"activeNum": 4}""");
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages.Select(report => report.Entries.Count).Order(), Is.EqualTo([1, 100]));
        Assert.That(OpenApi.Usages.SelectMany(report => report.Entries), Has.One.EqualTo("active_num 4"));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [TestCase(500, "92020001")]
    [TestCase(403, "92020001")]
    [TestCase(200, "92020099")]
    public async Task Report_NotTaken_IsRepeated(int status, string code)
    {
        var (_, license) = await BuyAsync(Ids);
        await App.UseAsync(license, """{"id": "alice"}""");
        OpenApi.JudgeUsage = _ => (status, OpenApiServer.UsageAnswer(code));
        App.Time.Advance(UntilReported);
        await ReportAsync();
        var stored = Stored;
        OpenApi.JudgeUsage = static _ => (200, OpenApiServer.UsageAnswer("92020000"));
        await SendAfterAsync(TimeSpan.FromSeconds(6));

        Assert.That(OpenApi.Usages.Select(report => report.Entries.Single()), Is.EqualTo(["id alice", "id alice"]));
        Assert.That((stored, Stored), Is.EqualTo(((1, 1), (0, 0))));
    }

    // The marketplace may have it: it is told again, and that is all that at least once means.
    [Test]
    public async Task Report_AnswerIsLost_IsRepeatedAlsoAfterARestart()
    {
        var (_, license) = await BuyAsync(Count);
        await App.UseAsync(license, """{"activeNum": 5}""");
        OpenApi.Fault = OpenApiServer.CloseAsync;
        App.Time.Advance(UntilReported);
        await ReportAsync();
        OpenApi.Fault = null;
        await App.RestartAsync();
        await SendAfterAsync(TimeSpan.FromSeconds(6));
        await ReportAsync();

        Assert.That(OpenApi.Usages.Select(report => report.Entries.Single()), Is.EqualTo(["active_num 5", "active_num 5"]));
    }

    // The process was killed after it had deleted what was reported, and before the message was recorded as delivered.
    [Test]
    public async Task Report_DeletedAndNotRecorded_IsNotRepeated()
    {
        var (_, license) = await BuyAsync(Count);
        await App.UseAsync(license, """{"activeNum": 5}""");
        App.Time.Advance(UntilReported);
        await ReportAsync();
        await App.StopAsync();
        App.Change("UPDATE outbox SET delivered_at = NULL");
        await App.RestartAsync();
        await ReportAsync();

        Assert.That(OpenApi.Usages, Has.Count.EqualTo(1));
        Assert.That(App.Query("SELECT count(*) FROM outbox WHERE delivered_at IS NULL"), Is.EqualTo([0L]));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task CheckFail_IsLoggedAndNotRepeated(bool asObject)
    {
        var (bad, badCode) = await BuyAsync(Ids);
        var (good, goodCode) = await BuyAsync(Ids);
        await App.UseAsync(badCode, """{"id": "alice@example.com"}""");
        await App.UseAsync(goodCode, """{"id": "bob@example.com"}""");
        OpenApi.JudgeUsage = _ => (200, OpenApiServer.UsageAnswer(
            "92020000", $"alice@example.com of {bad.Text} is wrong",
            asObject ? new JsonObject { ["license"] = bad.Text, ["id"] = "alice@example.com" } : JsonValue.Create(bad.Text)));
        App.Time.Advance(UntilReported);
        await ReportAsync();
        await SendAfterAsync(TimeSpan.FromHours(5));

        var warning = Warnings.Single(line => line.Contains("failed its check", StringComparison.Ordinal));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(OpenApi.Usages.Single().Licenses.Select(license => license.License), Is.EquivalentTo([bad.Text, good.Text]));
            Assert.That(warning, Does.Contain(await IdOfAsync(bad)).And.Not.Contains(await IdOfAsync(good)));
            Assert.That(Stored, Is.EqualTo((0, 0)));
            await AssertNobodyIsNamedAsync("alice@example.com", "bob@example.com");
        }
    }

    // Taken for no answer, it would have been reported again and again.
    [Test]
    public async Task CheckFail_OfMoreThanOtherAnswersMayHave_IsRead()
    {
        var (_, license) = await BuyAsync(Ids);
        await App.UseAsync(license, """{"id": "alice"}""");
        OpenApi.JudgeUsage = static _ => (200, OpenApiServer.UsageAnswer(
            "92020000", "success", [.. Enumerable.Range(0, 100).Select(static i => JsonValue.Create(new string('x', 1000) + i))]));
        App.Time.Advance(UntilReported);
        await ReportAsync();
        await SendAfterAsync(TimeSpan.FromHours(5));

        Assert.That(OpenApi.Usages, Has.Count.EqualTo(1));
        Assert.That(Warnings, Has.One.Contains("100 entries failed its check").And.Contains("none that is known here"));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task CheckFail_AndTheCallRefused_TheOthersAreRepeatedWithoutIt()
    {
        var (bad, badCode) = await BuyAsync(Count);
        var (good, goodCode) = await BuyAsync(Count);
        await App.UseAsync(badCode, """{"activeNum": 1}""");
        await App.UseAsync(goodCode, """{"activeNum": 2}""");
        OpenApi.JudgeUsage = report => report.Licenses.Count == 2
            ? (400, OpenApiServer.UsageAnswer("92020002", "bad", JsonValue.Create(bad.Text)))
            : (200, OpenApiServer.UsageAnswer("92020000"));
        App.Time.Advance(UntilReported);
        await ReportAsync();
        await SendAfterAsync(TimeSpan.FromSeconds(6));

        Assert.That(OpenApi.Usages.Select(report => report.Licenses.Count), Is.EqualTo([2, 1]));
        Assert.That(OpenApi.Usages[1].Licenses.Single().License, Is.EqualTo(good.Text));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Refused_WithoutSayingWhat_IsLoggedAndNotRepeated()
    {
        var (_, license) = await BuyAsync(Count);
        await App.UseAsync(license, """{"activeNum": 1}""");
        OpenApi.JudgeUsage = static _ => (400, OpenApiServer.UsageAnswer("92020002", "bad parameter"));
        App.Time.Advance(UntilReported);
        await ReportAsync();
        await SendAfterAsync(TimeSpan.FromHours(5));

        Assert.That(OpenApi.Usages, Has.Count.EqualTo(1));
        Assert.That(Warnings, Has.One.Contains("92020002"));
        Assert.That(App.Query("SELECT count(*) FROM outbox WHERE dead_lettered_at IS NOT NULL"), Is.EqualTo([0L]), "there is nothing to send again");
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Ids_CannotBeSent_AreDeletedThreeDaysAfterTheyWereTold()
    {
        var (_, license) = await BuyAsync(Ids);
        await App.UseAsync(license, """{"id": "alice"}""");
        App.Time.Advance(TimeSpan.FromHours(12));
        await App.UseAsync(license, """{"id": "bob"}""");
        OpenApi.Fault = OpenApiServer.With(503, "");
        App.Time.Advance(TimeSpan.FromDays(2.5) - TimeSpan.FromMilliseconds(1));
        await ReportAsync();
        var before = Stored.Ids;
        App.Time.Advance(TimeSpan.FromMilliseconds(1));
        await ReportAsync();
        var after = Stored.Ids;
        App.Time.Advance(TimeSpan.FromDays(0.5));
        await ReportAsync();
        var last = Stored.Ids;
        OpenApi.Fault = null;
        await SendAfterAsync(TimeSpan.FromHours(5));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((before, after, last), Is.EqualTo((2, 1, 0)));
            Assert.That(App.Query("SELECT count(*) FROM outbox WHERE delivered_at IS NULL AND dead_lettered_at IS NULL"), Is.EqualTo([0L]));
            Assert.That(Warnings, Has.Some.Contains("is deleted: 1 ids"));
            await AssertNobodyIsNamedAsync("alice", "bob");
        }
    }

    [Test]
    public async Task Numbers_CannotBeSent_AreGivenUpThreeDaysAfterTheirDay()
    {
        var (_, license) = await BuyAsync(Count);
        await App.UseAsync(license, """{"activeNum": 1}""");
        OpenApi.Fault = OpenApiServer.With(503, "");
        App.Time.Advance(UntilMidnight + TimeSpan.FromDays(3) - TimeSpan.FromMilliseconds(1));
        await ReportAsync();
        var before = Stored.Days;
        App.Time.Advance(TimeSpan.FromMilliseconds(1));
        await ReportAsync();

        Assert.That((before, Stored.Days), Is.EqualTo((1, 0)));
    }

    // The account's credentials were taken away: there is nobody to send it to, and it must not stay for ever.
    [Test]
    public async Task Ids_NobodyCanReport_AreDeletedAllTheSame()
    {
        var (_, license) = await BuyAsync(Ids);
        await App.UseAsync(license, """{"id": "alice"}""");
        await App.RestartAsync("Marketplace:OpenApi:AccessKeyId=", "Marketplace:OpenApi:SecretAccessKey=");
        App.Time.Advance(TimeSpan.FromDays(5));
        await App.ReportUsageAsync();

        Assert.That(Stored, Is.EqualTo((0, 0)));
        Assert.That(App.Query("SELECT count(*) FROM outbox"), Is.EqualTo([0L]));
    }

    // By a clock that ran ahead the day was over, and every id old.
    [Test]
    public async Task ClockInDoubt_NothingIsReportedOrDeleted()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            [.. Settings, .. LicenseAuthorityApplication.Product(0, "demo-product", Ids, "Usage=Ids"), .. OpenApi.Settings]);
        OpenApi.Follow(app.Time);
        var sold = SoldCode.New(app);
        var license = (await app.Admin.ShowAsync(await sold.IssueAsync())).GetProperty("code").GetString()!;
        await app.UseAsync(license, """{"id": "alice"}""");
        app.Machine.Shift = TimeSpan.FromDays(10);
        await app.ReportUsageAsync();

        Assert.That(app.Query("SELECT count(*) FROM usage_ids"), Is.EqualTo([1L]));
        Assert.That(app.Query("SELECT count(*) FROM outbox"), Is.EqualTo([0L]));
    }

    [Test]
    public async Task Ids_AreInNoLogJournalOrMessage()
    {
        var (sold, license) = await BuyAsync(Ids);
        await App.UseAsync(license, """{"id": "alice@example.com"}""");
        OpenApi.JudgeUsage = _ => (500, OpenApiServer.UsageAnswer("92020001", $"no luck with ALICE@example.com of {sold.Text}"));
        App.Time.Advance(UntilReported);
        await ReportAsync();
        OpenApi.JudgeUsage = static _ => (200, OpenApiServer.UsageAnswer("92020000", "success"));
        await SendAfterAsync(TimeSpan.FromSeconds(6));

        var calls = await App.CallsAsync("?activity=reportUsage");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(calls, Has.Count.EqualTo(2));
            Assert.That(calls[0].GetProperty("resultCode").GetString(), Is.EqualTo("92020000"));
            Assert.That(calls[0].GetProperty("resultMsg").GetString(), Is.EqualTo("success"));
            Assert.That(calls[0].GetRawText(), Does.Contain("licenseCount").And.Contains("entryCount"));
            await AssertNobodyIsNamedAsync("alice@example.com", sold.Text);
        }
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("12")]
    [TestCase("{")]
    [TestCase("""{"activeNum": 1, "id": "alice"}""")]
    [TestCase("""{"activeNum": null, "id": null}""")]
    [TestCase("""{"activeNum": 1, "activeNum": 1}""")]
    [TestCase("""{"id": "alice", "id": "alice"}""")]
    [TestCase("""{"activeNum": -1}""")]
    [TestCase("""{"activeNum": 1000000000}""")]
    [TestCase("""{"activeNum": 99999999999999999999}""")]
    [TestCase("""{"activeNum": 1.5}""")]
    [TestCase("""{"activeNum": "1"}""")]
    [TestCase("""{"activeNum": true}""")]
    [TestCase("""{"activeNum": [1]}""")]
    [TestCase("""{"ActiveNum": 1}""")]
    [TestCase("""{"id": ""}""")]
    [TestCase("""{"id": "  "}""")]
    [TestCase("""{"id": 12}""")]
    [TestCase("""{"id": {"name": "alice"}}""")]
    [TestCase("""{"id": "alice\u0000"}""")]
    [TestCase("""{"id": "alice\n"}""")]
    [TestCase("""{"id": "\ud800"}""")]
    public async Task Body_ThatIsNone_400(string body)
    {
        var (_, named) = await BuyAsync(Ids);
        var (_, counted) = await BuyAsync(Count);

        Assert.That((await App.TellUsageAsync(named, body)).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await App.TellUsageAsync(counted, body)).Code, Is.AnyOf("bad-usage", "bad-json"));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [TestCase(257, HttpStatusCode.BadRequest)]
    [TestCase(10_000, HttpStatusCode.BadRequest)]
    [TestCase(20_000, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Id_TooLong_IsRefused(int length, HttpStatusCode status)
    {
        var (_, license) = await BuyAsync(Ids);

        Assert.That((await App.TellUsageAsync(license, $$"""{"id": "{{new string('a', length)}}"}""")).Status, Is.EqualTo(status));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Body_IsNoJsonByItsType_415()
    {
        var (_, license) = await BuyAsync(Count);

        Assert.That((await App.TellUsageAsync(license, """{"activeNum": 1}""", "text/plain")).Status, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
    }

    [TestCase(None, """{"activeNum": 1}""")]
    [TestCase(None, """{"id": "alice"}""")]
    [TestCase(Count, """{"id": "alice"}""")]
    [TestCase(Ids, """{"activeNum": 1}""")]
    public async Task Product_DoesNotWantIt_403(string product, string body)
    {
        var (_, license) = await BuyAsync(product);

        Assert.That(await App.TellUsageAsync(license, body), Is.EqualTo((HttpStatusCode.Forbidden, "usage-disabled")));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task License_WithoutAMarketplaceCode_409()
    {
        var license = await SoldLicense.BuyAsync(App);

        Assert.That(await App.TellUsageAsync(license.FirstCode, """{"id": "alice"}"""), Is.EqualTo((HttpStatusCode.Conflict, "no-marketplace-code")));
        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task License_ThatIsOver_410()
    {
        var (sold, license) = await BuyAsync(Ids);
        await sold.SendAsync(sold.Release());

        Assert.That(await App.TellUsageAsync(license, """{"id": "alice"}"""), Is.EqualTo((HttpStatusCode.Gone, "code-over")));
    }

    [Test]
    public async Task License_ThatIsATest_IsAcceptedAndNotReported()
    {
        var (_, license) = await BuyAsync(Ids, test: true);
        await App.UseAsync(license, """{"id": "alice"}""");
        var stored = Stored;
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages, Is.Empty);
        Assert.That(stored, Is.EqualTo((0, 0)));
    }

    [Test]
    [SqliteOnly("PostgreSQL has no writer to block")]
    public async Task Store_Busy_503AndNothingIsStored()
    {
        var (_, license) = await BuyAsync(Count);
        using (new WriterBlock(App.Writer))
        {
            var told = App.TellUsageAsync(license, """{"activeNum": 1}""");
            App.WaitForQueuedWrites(1);
            App.Time.Advance(new SqliteWriterLimits().MaxQueueTime + TimeSpan.FromMilliseconds(1));
            Assert.That(await told, Is.EqualTo((HttpStatusCode.ServiceUnavailable, "busy")));
        }

        Assert.That(Stored, Is.EqualTo((0, 0)));
    }

    [TestCase(null)]
    [TestCase("eyJhbGciOiJFZERTQSJ9.e30.AAAA")]
    [TestCase("PLTEST0000000001")]
    public async Task Code_ThatIsNone_401(string? code) =>
        Assert.That(await App.TellUsageAsync(code, """{"id": "alice"}"""), Is.EqualTo((HttpStatusCode.Unauthorized, "unknown-code")));

    [Test]
    public async Task Device_TellsWithItsOwnCode()
    {
        const string Code = "PLUSAGEOFADEVICE0123";
        OpenApi.AddCode(Code, productId: Ids, amount: 2);
        var (_, one) = await new Device(App, "a").PlacedAsync(Code);
        var (_, other) = await new Device(App, "b").PlacedAsync(Code);
        await App.UseAsync(one, """{"id": "alice"}""");
        await App.UseAsync(other, """{"id": "alice"}""", """{"id": "bob"}""");
        App.Time.Advance(UntilReported);
        await ReportAsync();

        Assert.That(OpenApi.Usages.Single().Entries, Is.EqualTo(["id alice", "id bob"]));
    }

    private (long Days, long Ids) Stored => ((long)App.Query("SELECT count(*) FROM usage_days").Single(), (long)App.Query("SELECT count(*) FROM usage_ids").Single());

    private List<string> Warnings => [.. App.Logs.Lines.Where(static line => line.Level == LogLevel.Warning).Select(static line => line.Message)];

    private async Task<(SoldCode Sold, string License)> BuyAsync(string product, bool test = false)
    {
        var sold = SoldCode.New(App, test);
        var id = await sold.IssueAsync(marketplaceProductId: product);
        return (sold, (await App.Admin.ShowAsync(id)).GetProperty("code").GetString()!);
    }

    private async Task<string> IdOfAsync(SoldCode sold) => (await App.Admin.ListIdsAsync("licenses?marketplaceCode=" + sold.Text)).Single();

    private async Task ReportAsync()
    {
        await App.ReportUsageAsync();
        await SendAsync();
    }

    private async Task AssertNobodyIsNamedAsync(params string[] secrets)
    {
        await App.WriteCallsAsync();
        var texts = App.Logs.Lines.Select(line => $"{line.Message} {line.Parameters} {line.Exception}")
            .Concat(App.Query("SELECT coalesce(request, '') || coalesce(answer, '') || coalesce(result_msg, '') FROM marketplace_calls").Cast<string>())
            .Concat(App.Query("SELECT payload || coalesce(last_error, '') || coalesce(last_answer, '') FROM outbox").Cast<string>())
            .Append((await HealthAsync("marketplace")).Description);
        foreach (var secret in secrets)
        {
            Assert.That(texts, Has.None.Contains(secret).IgnoreCase, secret);
        }
    }
}
