using System.Net;
using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>The marketplace is asked how its codes stand, and what it says is done, or shown as drift.</summary>
[OnEveryDatabase]
internal sealed class CodeHeartbeatTests : OpenApiTests
{
    private const string Code = "PLHEARTBEAT012345678";

    private OpenApiCode _code = null!;
    private string _license = null!;
    private string _deviceCode = null!;

    private DateTimeOffset Now => App.Time.GetUtcNow();

    [Test]
    public async Task FirstActivationAndFirstRefreshOfADay_EachAskOnce()
    {
        await BeginAsync();
        await App.AskAboutUsedCodesAsync();
        await new Device(App, "another").PlacedAsync(Code);
        await App.AskAboutUsedCodesAsync();
        var afterActivations = Heartbeats;
        await RefreshAsync();
        await RefreshAsync();
        await App.AskAboutUsedCodesAsync();
        var afterRefreshes = Heartbeats;

        // It is 08:00 in Beijing: the day ends there in 16 hours.
        App.Time.Advance(TimeSpan.FromHours(15.9));
        await RefreshAsync();
        await App.AskAboutUsedCodesAsync();
        var beforeMidnight = Heartbeats;
        App.Time.Advance(TimeSpan.FromHours(0.2));
        await RefreshAsync();
        await new Device(App, "another").ActivateAsync(Code);
        await App.AskAboutUsedCodesAsync();

        Assert.That((afterActivations, afterRefreshes, beforeMidnight, Heartbeats), Is.EqualTo((1, 2, 2, 4)));
    }

    [Test]
    public async Task RestartOnTheSameDay_DoesNotAskAgain()
    {
        await BeginAsync();
        await App.AskAboutUsedCodesAsync();
        await App.RestartAsync();
        await new Device(App, "another").PlacedAsync(Code);
        await App.AskAboutUsedCodesAsync();

        Assert.That(Heartbeats, Is.EqualTo(1));
    }

    [Test]
    public async Task LicenseWithoutACode_IsNotAskedAbout()
    {
        var license = await SoldLicense.BuyAsync(App);
        await SoldLicense.RefreshedAsync(App, license.FirstCode);
        await App.AskAboutUsedCodesAsync();
        await App.AskAboutDueCodesAsync();

        Assert.That(OpenApi.CodeCalls, Is.Empty);
    }

    // The marketplace is silent: nobody who uses the code waits for it.
    [Test]
    public async Task Loop_AsksBehindTheAnswer()
    {
        await BeginAsync();
        OpenApi.Fault = OpenApiServer.HangAsync;
        var loop = App.Services.GetRequiredService<CodeUses>();
        await loop.StartAsync(CancellationToken.None);
        while ((await OpenApi.NextAsync()).Path.EndsWith("/heartbeat", StringComparison.Ordinal) is false)
        {
        }

        Assert.That((await SoldLicense.FetchCodeAsync(App, _deviceCode)).Status, Is.EqualTo(HttpStatusCode.OK));
        OpenApi.Fault = null;
        await loop.StopAsync(CancellationToken.None);
    }

    [TestCase(200)]
    [TestCase(50)]
    public async Task Alive_AnotherEnd_ReplacesTheEstimateWithANewCode(int days)
    {
        await BeginAsync();
        _code.ExpireTime = InstanceCall.Text(Now.AddDays(days));
        await App.AskAboutUsedCodesAsync();

        var shown = await App.Admin.ShowAsync(_license);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(Now.AddDays(days)).Within(TimeSpan.FromSeconds(1)));
            Assert.That(await SoldCode.EventWordsAsync(App, _license), Is.EqualTo(["license.issued licensee", "license.activated licensee", "license.changed marketplace"]));
            Assert.That(App.Query("SELECT end_known_by FROM marketplace_codes"), Is.EqualTo(["query"]));
            Assert.That(await App.Admin.ListAsync("marketplace/drift"), Is.Empty);
            Assert.That(new Device(App, "a").Check(await RefreshAsync()).License!.ExpiresAt, Is.EqualTo(shown.GetProperty("expiresAt").GetDateTimeOffset()));
        }
    }

    // The estimate that was asked about took the place of a renewal that was paid for meanwhile.
    [Test]
    public async Task Alive_RenewedWhileItIsAsked_TheRenewalStays()
    {
        await BeginAsync();
        var sold = new SoldCode(App, Code);
        _code.ExpireTime = InstanceCall.Text(Now.AddDays(200));
        OpenApi.Meanwhile = async () =>
        {
            OpenApi.Meanwhile = null;
            await sold.SendAsync(sold.Refresh(Now.AddDays(300)));
        };
        await App.AskAboutUsedCodesAsync();

        var shown = await App.Admin.ShowAsync(_license);
        Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(Now.AddDays(300)).Within(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task Alive_AfterACallHasSetTheEnd_DriftWithOneWarningUntilItIsGone()
    {
        await BeginAsync();
        var sold = new SoldCode(App, Code);
        await sold.SendAsync(sold.Refresh(Now.AddDays(300)));
        await App.AskAboutUsedCodesAsync();
        var since = Now;
        var drift = (await App.Admin.ListAsync("marketplace/drift")).Single();
        App.Time.Advance(TimeSpan.FromHours(13));
        await App.AskAboutDueCodesAsync();
        var still = (await App.Admin.ListAsync("marketplace/drift")).Single();
        _code.ExpireTime = InstanceCall.Text(since.AddDays(300.5));
        App.Time.Advance(TimeSpan.FromHours(13));
        await App.AskAboutDueCodesAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(string.Join(' ', drift.EnumerateObject().Select(member => member.Name)), Is.EqualTo("licenseId account ours theirs since guessed"));
            Assert.That(drift.GetProperty("guessed").GetBoolean(), Is.False);
            Assert.That(drift.GetProperty("licenseId").GetString(), Is.EqualTo(_license));
            Assert.That(drift.GetProperty("account").GetString(), Is.EqualTo("default"));
            Assert.That(drift.GetProperty("ours").GetProperty("state").GetString(), Is.EqualTo("Active"));
            Assert.That(drift.GetProperty("ours").GetProperty("expiresAt").GetDateTimeOffset(), Is.EqualTo(since.AddDays(300)).Within(TimeSpan.FromSeconds(1)));
            Assert.That(drift.GetProperty("theirs").GetProperty("status").GetString(), Is.EqualTo("ALIVE"));
            Assert.That(drift.GetProperty("theirs").GetProperty("expireTime").GetDateTimeOffset(), Is.EqualTo(since.AddDays(100)).Within(TimeSpan.FromSeconds(1)));
            Assert.That(drift.GetProperty("since").GetDateTimeOffset(), Is.EqualTo(since).Within(TimeSpan.FromMilliseconds(1)));
            Assert.That(still.GetProperty("since").GetRawText(), Is.EqualTo(drift.GetProperty("since").GetRawText()));
            Assert.That(Warnings, Is.EqualTo(1));
            Assert.That(await App.Admin.ListAsync("marketplace/drift"), Is.Empty);
            Assert.That(await SoldCode.EventWordsAsync(App, _license), Has.None.StartsWith("license.changed"));
        }
    }

    [Test]
    public async Task Released_There_ReleasedHereOnce()
    {
        await BeginAsync();
        _code.Status = "RELEASED";
        await App.AskAboutUsedCodesAsync();
        App.Time.Advance(TimeSpan.FromHours(13));
        await App.AskAboutDueCodesAsync();

        Assert.That(await SoldCode.EventWordsAsync(App, _license), Is.EqualTo(["license.issued licensee", "license.activated licensee", "license.released marketplace"]));
        Assert.That(await App.Admin.ListAsync("marketplace/drift"), Is.Empty);
        Assert.That((await new Device(App, "b").ActivateAsync(Code)).Code, Is.EqualTo("code-over"));
    }

    [Test]
    public async Task Expired_There_FrozenHereOnce_AndAliveAgainDoesNotRevive()
    {
        await BeginAsync();
        _code.Status = "EXPIRED";
        await App.AskAboutUsedCodesAsync();
        var state = (await App.Admin.ShowAsync(_license)).GetProperty("state").GetString();
        App.Time.Advance(TimeSpan.FromHours(13));
        await App.AskAboutDueCodesAsync();
        var quiet = await App.Admin.ListAsync("marketplace/drift");
        _code.Status = "ALIVE";
        App.Time.Advance(TimeSpan.FromHours(13));
        await RefreshAsync();
        await App.AskAboutUsedCodesAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(state, Is.EqualTo("Frozen"));
            Assert.That(await SoldCode.EventWordsAsync(App, _license), Is.EqualTo(["license.issued licensee", "license.activated licensee", "license.frozen marketplace"]));
            Assert.That(quiet, Is.Empty);
            Assert.That((await App.Admin.ShowAsync(_license)).GetProperty("state").GetString(), Is.EqualTo("Frozen"));
            Assert.That(await App.Admin.ListAsync("marketplace/drift"), Has.Count.EqualTo(1));
            Assert.That(Warnings, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Job_AsksForCodesUsedInTheLastDayOrNearTheirEnd()
    {
        await BeginAsync();
        await App.AskAboutUsedCodesAsync();
        await App.AskAboutDueCodesAsync();
        var atOnce = Heartbeats;
        App.Time.Advance(TimeSpan.FromHours(13));
        await App.AskAboutDueCodesAsync();
        var usedToday = Heartbeats;
        App.Time.Advance(TimeSpan.FromDays(3));
        await App.AskAboutDueCodesAsync();
        var unused = Heartbeats;
        App.Time.Advance(TimeSpan.FromDays(95));
        await App.AskAboutDueCodesAsync();

        Assert.That((atOnce, usedToday, unused, Heartbeats), Is.EqualTo((1, 2, 2, 3)));
    }

    [Test]
    public async Task Guessed_StaysInDriftUntilAnOperatorHasChangedTheLicense()
    {
        _code = OpenApi.AddCode(Code, amount: 9, expireTime: InstanceCall.Text(Now.AddDays(100)));
        _code.RefusesSecondWith = "92020009";
        OpenApi.LoseAnswer = static _ => OpenApiServer.CloseAsync;
        await new Device(App, "a").ActivateAsync(Code);
        OpenApi.LoseAnswer = null;
        await new Device(App, "a").PlacedAsync(Code);
        var license = (await App.Admin.ListIdsAsync("licenses")).Single();
        var atOnce = await App.Admin.ListAsync("marketplace/drift");
        await App.AskAboutUsedCodesAsync();
        var asked = await App.Admin.ListAsync("marketplace/drift");


        // There is no call of the admin door for it yet.
        await App.Services.GetRequiredService<LicenseService>().ExecuteAsync(
            new LicenseTarget(license), new LicenseCommand.Change(new CallSource("admin:key_1", "change"), null, 9, null, "as the seller centre has it"), CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(atOnce.Single().GetProperty("licenseId").GetString(), Is.EqualTo(license));
            Assert.That(asked, Has.Count.EqualTo(1), "whatever the marketplace says of its state");
            Assert.That(await App.Admin.ListAsync("marketplace/drift"), Is.Empty);
        }
    }

    // Nothing but the end of the license took it from the list, though somebody had looked long ago.
    [Test]
    public async Task Guessed_DismissedByAnOperator_IsGoneAndTheLicenseSaysWhy()
    {
        _code = OpenApi.AddCode(Code, expireTime: InstanceCall.Text(Now.AddDays(100)));
        _code.RefusesSecondWith = "92020009";
        OpenApi.LoseAnswer = static _ => OpenApiServer.CloseAsync;
        await new Device(App, "a").ActivateAsync(Code);
        OpenApi.LoseAnswer = null;
        await new Device(App, "a").PlacedAsync(Code);
        _license = (await App.Admin.ListIdsAsync("licenses")).Single();
        var guessed = (await App.Admin.ListAsync("marketplace/drift")).Single().GetProperty("guessed").GetBoolean();
        var unsaid = await DismissAsync(null);

        var dismissed = await DismissAsync("1 was bought, says the seller centre");
        var again = await DismissAsync("again");
        await App.AskAboutUsedCodesAsync();
        App.Time.Advance(TimeSpan.FromHours(13));
        await App.AskAboutDueCodesAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(guessed, Is.True);
            Assert.That(unsaid.Code, Is.EqualTo("bad-reason"));
            Assert.That(dismissed.Status, Is.EqualTo(HttpStatusCode.OK), dismissed.ToString());
            Assert.That(dismissed.Json.GetProperty("guessed").GetBoolean(), Is.False);
            Assert.That(again.Code, Is.EqualTo("drift-not-found"));
            Assert.That(await App.Admin.ListAsync("marketplace/drift"), Is.Empty);
            Assert.That(
                (await App.Admin.ListAsync($"licenses/{_license}/events")).Select(happened => happened.GetProperty("remark").GetString()),
                Has.One.EqualTo("drift dismissed: 1 was bought, says the seller centre"));
        }
    }

    [Test]
    public async Task Drift_OfWhatTheMarketplaceSays_CannotBeDismissed()
    {
        await BeginAsync();
        var sold = new SoldCode(App, Code);
        await sold.SendAsync(sold.Refresh(Now.AddDays(300)));
        await App.AskAboutUsedCodesAsync();

        var refused = await DismissAsync("never mind");

        Assert.That((refused.Status, refused.Code), Is.EqualTo((HttpStatusCode.Conflict, "not-applicable")));
        Assert.That(await App.Admin.ListAsync("marketplace/drift"), Has.Count.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("""{"error_code":"92020000","data":{"license_code":"PLOTHER","status":"RELEASED"}}""")]
    [TestCase("""{"error_code":"92020005","error_msg":"no such code"}""")]
    public async Task AnswerThatIsNone_ChangesNothing(string body)
    {
        await BeginAsync();
        OpenApi.LoseAnswer = _ => OpenApiServer.With(200, body);
        await App.AskAboutUsedCodesAsync();

        Assert.That((await App.Admin.ShowAsync(_license)).GetProperty("state").GetString(), Is.EqualTo("Active"));
        Assert.That(await App.Admin.ListAsync("marketplace/drift"), Is.Empty);
        Assert.That(App.Query("SELECT count(*) FROM marketplace_codes WHERE their_status IS NOT NULL"), Is.EqualTo([0L]));
    }

    [Test]
    public async Task Drift_WithAnUnknownParameter_400()
    {
        using var response = await App.AdminAsync("/admin/v1/marketplace/drift?account=default");

        Assert.That((await AdminReply.ReadAsync(response)).Code, Is.EqualTo("bad-query"));
    }

    private int Heartbeats => OpenApi.CodeCalls.Count(call => call == "heartbeat");

    private int Warnings => App.Logs.Lines.Count(line => line.Level == LogLevel.Warning && line.Message.Contains("differs from what the marketplace says", StringComparison.Ordinal));

    private async Task BeginAsync()
    {
        _code = OpenApi.AddCode(Code, amount: 5, expireTime: InstanceCall.Text(Now.AddDays(100)));
        (_, _deviceCode) = await new Device(App, "a").PlacedAsync(Code);
        _license = (await App.Admin.ListIdsAsync("licenses")).Single();
    }

    private Task<AdminReply> DismissAsync(string? reason) => App.Admin.PostAsync($"marketplace/drift/{_license}/dismiss", reason);

    private Task<string?> RefreshAsync() => SoldLicense.RefreshedAsync(App, _deviceCode);
}
