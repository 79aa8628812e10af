using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LicenseAuthority.Tests.Client;

/// <summary>A guard and a server that does what none should. Whatever it is, what was signed goes on to count.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LicenseGuardFetchTests : IAsyncDisposable
{
    private const long Day = 86400;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly GuardFolder _folder = new();
    private HostileServer _server = null!;

    private string ListUri => _server.Address + "/licensee/v1/status-lists/1";

    [SetUp]
    public async Task StartAsync() => _server = await HostileServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task Refresh_ANewerCodeAndList_AreTakenInOneRequest()
    {
        using var guard = Open();
        _server.Say(Answer(Code(2).Build(), List(1).Build()));

        var result = await guard.RefreshAsync();

        Assert.That((result.Succeeded, result.Problem), Is.EqualTo((true, (string?)null)));
        Assert.That((guard.Current.Outcome, guard.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Revoked, 2)));
        Assert.That(_server.Asked, Is.EqualTo((string[])["POST /licensee/v1/refresh"]));
    }

    [Test]
    public async Task Refresh_TheListIsAtHand_ItsNumberIsSent()
    {
        using var guard = Open(list: List(0));
        _server.Say(Answer(Code(1).Build(), null));
        Assert.That((await guard.RefreshAsync()).Succeeded, Is.True);

        Assert.That(_server.Bodies, Is.EqualTo((string[])["{\"seq\":7}"]));
    }

    private static readonly TestCaseData[] Bad =
    [
        new TestCaseData("<html><body>Sign in to the hotel</body></html>", 200, "bad-answer").SetArgDisplayNames("HTML"),
        new TestCaseData("", 200, "bad-answer").SetArgDisplayNames("nothing"),
        new TestCaseData("[1]", 200, "bad-answer").SetArgDisplayNames("array"),
        new TestCaseData("{\"code\":\"x.y.z\"}", 200, "bad-answer").SetArgDisplayNames("no code"),
        new TestCaseData("{\"code\":\"unknown-code\"}", 401, "unknown-code").SetArgDisplayNames("401"),
        new TestCaseData("{\"code\":\"restored\"}", 409, "restored").SetArgDisplayNames("409"),
        new TestCaseData("{\"code\":\"<script>\"}", 500, "http-500").SetArgDisplayNames("500"),
        new TestCaseData("no json", 503, "http-503").SetArgDisplayNames("503"),
    ];

    [TestCaseSource(nameof(Bad))]
    public async Task Refresh_ABadAnswer_GoesOnWithANoticeSinceWhen(string text, int status, string problem)
    {
        using var guard = Open();
        _server.Say(text, status);
        var result = await guard.RefreshAsync();
        _folder.Time.Advance(TimeSpan.FromHours(1));
        await guard.RefreshAsync();

        Assert.That((result.Succeeded, result.Problem), Is.EqualTo((false, problem)));
        Assert.That(result.GetText(LicenseLanguage.English), Does.Contain("Since 2026-06-01T00:00:00Z"));
        Assert.That(result.GetText(LicenseLanguage.Chinese), Is.Not.Empty);
        Assert.That(guard.Current.IsValid, Is.True);
        var notice = guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.RefreshFailing);
        Assert.That(notice.Since, Is.EqualTo(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now)));
        Assert.That(notice.GetText(LicenseLanguage.English), Does.Contain(problem));
    }

    [Test]
    public async Task Refresh_AnotherLicensesCode_IsNotTaken()
    {
        using var guard = Open();
        _server.Say(Answer(Code(9).With("sub", "\"lic_other\"").Build(), null));

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("bad-answer"));
        Assert.That(guard.GetSupportReport(), Does.Not.Contain("lic_other"));
    }

    [Test]
    public async Task Refresh_ACodeOfAnotherDevice_IsNotTaken()
    {
        using var guard = Open();
        _server.Say(Answer(Code(9).BoundTo("elsewhere").Build(), null));

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("bad-answer"));
    }

    [Test]
    public async Task Refresh_AnOlderCodeAndList_AreNotTaken()
    {
        using var guard = OpenWith(Code(5).With("iat", TestCodes.Now - 10), List(1));
        _server.Say(Answer(Code(4).Build(), List(0).With("seq", 6).Build()));

        Assert.That((await guard.RefreshAsync()).Succeeded, Is.True);
        Assert.That((guard.Current.Outcome, guard.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Revoked, 5)));
    }

    // State is for showing: it is not signed.
    [Test]
    public async Task Refresh_SaysRevokedWithoutASignature_ChangesNothing()
    {
        using var guard = Open();
        _server.Say("{\"code\":null,\"state\":\"Revoked\",\"statusList\":null}");
        await guard.RefreshAsync();

        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    public async Task Refresh_Fails_TheListIsFetchedByItself()
    {
        using var guard = Open();
        _server.Answer = context => context.Request.Method == "GET"
            ? context.Response.WriteAsync(List(2).Build())
            : Fail(context, 500);

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("http-500"));
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Suspended));
        Assert.That(_server.Asked, Is.EqualTo((string[])["POST /licensee/v1/refresh", "GET /licensee/v1/status-lists/1"]));
    }

    [Test]
    public async Task Refresh_WithAMirror_FetchesTheListThere()
    {
        await using var mirror = await HostileServer.StartAsync();
        using var guard = Open(change: options => options.ListMirror = new Uri(mirror.Address + "/mirror/"));
        mirror.Say(List(2).Build());
        await guard.RefreshAsync();

        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Suspended));
        Assert.That(mirror.Asked, Is.EqualTo((string[])["GET /mirror/licensee/v1/status-lists/1"]));
    }

    [Test]
    public async Task Refresh_IsRedirected_TheCodeGoesNowhereElse()
    {
        await using var elsewhere = await HostileServer.StartAsync();
        elsewhere.Say(Answer(Code(2).Build(), null));
        using var guard = Open();
        _server.Answer = context =>
        {
            context.Response.Redirect(elsewhere.Address + context.Request.Path, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("redirected"));
        Assert.That(elsewhere.Asked, Is.Empty);
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(1));
    }

    // Also where the host's own client follows redirects: what comes from elsewhere does not count.
    [Test]
    public async Task Refresh_ByAClientThatFollows_TheAnswerFromElsewhereDoesNotCount()
    {
        await using var elsewhere = await HostileServer.StartAsync();
        elsewhere.Say(Answer(Code(2).Build(), null));
        using var client = new HttpClient();
        using (var guard = Open(change: options => options.HttpClient = client))
        {
            _server.Answer = context =>
            {
                context.Response.Redirect(elsewhere.Address + context.Request.Path, permanent: false, preserveMethod: true);
                return Task.CompletedTask;
            };
            Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("redirected"));
        }

        Assert.That(await client.GetStringAsync(new Uri(elsewhere.Address)), Is.Not.Empty, "it is the host's, and not disposed");
    }

    // Not over a connection: a server that writes into one that is closed cannot tell how much was read.
    [Test]
    public async Task Refresh_TenGigabytes_ReadsNoMoreThanAnAnswerCanHave()
    {
        using var endless = new EndlessAnswer();
        using var client = new HttpClient(endless);
        using var guard = Open(change: options => options.HttpClient = client);

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("bad-answer"));
        Assert.That(endless.Read, Is.GreaterThan(0).And.LessThan(2 * 1024 * 1024));
        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Refresh_TheServerHangs_IsGivenUp(CancellationToken cancellationToken)
    {
        using var guard = Open();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Answer = async context =>
        {
            await context.Response.WriteAsync("{", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var refreshing = guard.RefreshAsync(cancellationToken);
        await reached.Task.WaitAsync(cancellationToken);
        Assert.That(guard.Current.IsValid, Is.True, "nobody waits for it");
        _folder.Time.Advance(TimeSpan.FromSeconds(31));

        Assert.That((await refreshing).Problem, Is.EqualTo("timeout"));
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Dispose_DuringAFetch_EndsIt(CancellationToken cancellationToken)
    {
        var guard = Open();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Answer = async context =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var refreshing = guard.RefreshAsync(cancellationToken);
        await reached.Task.WaitAsync(cancellationToken);
        guard.Dispose();
        guard.Dispose();

        Assert.That((await refreshing).Problem, Is.EqualTo("canceled"));
        Assert.That((await guard.RefreshAsync(cancellationToken)).Problem, Is.EqualTo("canceled"));
        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    public async Task Refresh_Canceled_SaysSoAndThrowsNothing()
    {
        using var guard = Open();
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();

        Assert.That((await guard.RefreshAsync(canceled.Token)).Problem, Is.EqualTo("canceled"));
    }

    [Test]
    public async Task Refresh_TooOften_AsksNobodyUntilTheTimeThatWasNamed()
    {
        using var guard = Open();
        _server.Answer = context =>
        {
            context.Response.Headers.RetryAfter = "60";
            context.Response.StatusCode = 429;
            return context.Response.WriteAsync("{\"code\":\"too-many-requests\"}");
        };
        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("too-many-requests"));
        var asked = _server.Asked.Count;
        _server.Say(Answer(Code(2).Build(), null));

        var held = await guard.RefreshAsync();
        Assert.That((held.Succeeded, held.Problem, _server.Asked.Count), Is.EqualTo((false, "too-many-requests", asked)));
        Assert.That(held.GetText(LicenseLanguage.English), Does.Contain("Since 2026-06-01T00:00:00Z"));

        _folder.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.That((await guard.RefreshAsync()).Succeeded, Is.True);
    }

    [Test]
    public async Task Refresh_TheSeatIsGone_IsANoticeAndTheCodeGoesOnUntilAListSaysSo()
    {
        using var guard = OpenWith(Code(1).BoundTo("board"));
        _server.Say("{\"code\":\"device-freed\"}", 410);
        var result = await guard.RefreshAsync();

        Assert.That(result.Problem, Is.EqualTo("device-freed"));
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(guard.Notices.Select(notice => notice.Kind), Does.Contain(LicenseNoticeKind.DeviceFreed).And.Not.Contain(LicenseNoticeKind.RefreshFailing));
        guard.Dispose();

        using var next = OpenEmpty();
        Assert.That(next.Notices.Select(notice => notice.Kind), Does.Contain(LicenseNoticeKind.DeviceFreed));
    }

    [Test]
    public async Task Refresh_ACodeByAnUnknownRoot_SaysToUpdate()
    {
        using var guard = Open();
        _server.Say(Answer(Code(2).CertifiedBy(TestCodes.OtherRootSeed).Build(), null));
        await guard.RefreshAsync();

        Assert.That(guard.Notices.Select(notice => notice.Kind), Does.Contain(LicenseNoticeKind.UpdateSoftware));
        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    public async Task Refresh_TheIssuerIsNoSafeAddress_SendsNothing()
    {
        using var guard = OpenWith(Code(1).With("iss", "\"http://license.example.com\""));

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("unsafe-address"));
        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    public async Task Refresh_NothingIsInstalled_SaysSo()
    {
        using var guard = OpenEmpty();

        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("not-installed"));
        Assert.That((await guard.ActivateAsync()).Problem, Is.EqualTo("not-installed"));
        Assert.That((await guard.ActivateAsync("nonsense")).Problem, Is.EqualTo("bad-code"));
        Assert.That((await guard.DeactivateAsync()).Problem, Is.EqualTo("not-activated"));
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Background_FetchesAfterTenSecondsAndOnceForTwoProcesses(CancellationToken cancellationToken)
    {
        using var one = Open(change: options => options.Online = true);
        using var other = Open(change: options => options.Online = true);
        _server.Say(Answer(Code(2).Build(), List(0).Build()));
        _folder.Time.Advance(Tick);
        Assert.That(_server.Asked, Is.Empty);

        _folder.Time.Advance(Tick);
        await UntilAsync(() => one.GetSupportReport().Contains("answered 2026") || other.GetSupportReport().Contains("answered 2026"), cancellationToken);
        _folder.Time.Advance(TimeSpan.FromHours(1));
        _folder.Time.Advance(Tick);

        Assert.That((one.Current.License!.Generation, other.Current.License!.Generation), Is.EqualTo((2, 2)));
        Assert.That(_server.Asked, Has.Count.EqualTo(1));
    }

    [Test]
    public void Background_Off_AsksNobody()
    {
        using var guard = Open();
        for (var hour = 0; hour < 100; hour++)
        {
            _folder.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.That(_server.Asked, Is.Empty);
    }

    [Test]
    public async Task Activate_NoSeatIsLeft_NamesTheDevices()
    {
        using var guard = Open();
        _server.Say("""{"code":"no-seat-left","devices":[{"name":"Reception","lastSeenAt":"2026-05-01T00:00:00Z"},{"name":null}]}""", 409);
        var result = await guard.ActivateAsync();

        Assert.That((result.Problem, result.Devices), Is.EqualTo(("no-seat-left", (IReadOnlyList<string>)["Reception"])));
        Assert.That(result.GetText(LicenseLanguage.English), Does.Contain("Reception"));
    }

    [Test]
    public async Task Activate_AnAnswerForAnotherDevice_IsNotTaken()
    {
        using var guard = Open();
        _server.Say(JsonSerializer.Serialize(new { id = "act_1", code = Code(2).BoundTo("elsewhere").Build(), state = "Active" }));

        Assert.That((await guard.ActivateAsync()).Problem, Is.EqualTo("bad-answer"));
    }

    // A 404 of a proxy, or of a wrong path: the place is still there, and so is what is signed.
    [Test]
    public async Task Deactivate_SomebodyElseSaysNotFound_KeepsTheCode()
    {
        using var guard = OpenEmpty();
        var code = Code(2).BoundTo("board").Build();
        _server.Say(JsonSerializer.Serialize(new { id = "act_1", code, state = "Active" }));
        Assert.That((await guard.ActivateAsync(Code(1).Build())).Problem, Is.Null);

        _server.Say("<html>no such page</html>", 404);
        Assert.That((await guard.DeactivateAsync()).Problem, Is.EqualTo("http-404"));

        Assert.That(guard.Current.License!.DeviceIds, Has.Count.EqualTo(1));
    }

    // The authority gives the same code again, as its place was never given up there, or all within one second.
    [Test]
    public async Task Activate_TheSameCodeAfterDeactivating_CountsAlsoInTheNextRunAndInAnotherProcess()
    {
        using var other = OpenEmpty();
        using (var guard = OpenEmpty())
        {
            var activated = JsonSerializer.Serialize(new { id = "act_1", code = Code(2).BoundTo("board").Build(), state = "Active" });
            _server.Say(activated);
            await guard.ActivateAsync(Code(1).With("act", "true").Build());
            _server.Say("{\"code\":\"activation-not-found\"}", 404);
            Assert.That((await guard.DeactivateAsync()).Succeeded, Is.True);
            Assert.That(guard.Current.License!.DeviceIds, Is.Empty);
            _folder.Time.Advance(Tick);

            _server.Say(activated);
            Assert.That((await guard.ActivateAsync()).Succeeded, Is.True);
            Assert.That(guard.Current.License!.DeviceIds, Has.Count.EqualTo(1));
            _folder.Time.Advance(Tick);
            Assert.That(other.Current.License!.DeviceIds, Has.Count.EqualTo(1));
        }

        other.Dispose();
        using var next = OpenEmpty();
        Assert.That(next.Current.License!.DeviceIds, Has.Count.EqualTo(1));

        _server.Say("", 204);
        Assert.That((await next.DeactivateAsync()).Succeeded, Is.True);
        Assert.That(next.Current.License!.DeviceIds, Is.Empty, "and given up it is given up");
    }

    [Test]
    public async Task Install_ACodeWhosePlaceWasGivenUp_SaysSo()
    {
        using var guard = OpenEmpty();
        var code = Code(2).BoundTo("board").Build();
        _server.Say(JsonSerializer.Serialize(new { id = "act_1", code, state = "Active" }));
        await guard.ActivateAsync(Code(1).Build());
        _server.Say("", 204);
        await guard.DeactivateAsync();

        var check = guard.Install(code);

        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.NotActivated));
        Assert.That(check.GetEvidence(LicenseLanguage.English), Does.Contain("given up"));
        Assert.That(check.GetAdvice(LicenseLanguage.English), Does.Contain("ctivate"));
    }

    // A weekend without a network: the device's own code is over, and the unbound one would have to be activated.
    [Test]
    public async Task Refresh_TheLeaseHasLapsed_IsAskedForByTheDevicesOwnCode()
    {
        using var guard = OpenEmpty();
        guard.Install(Code(1).With("act", "true").Build());
        guard.Install(Lease(2, TestCodes.Now + 3600).Build());
        Assert.That(guard.Current.IsValid, Is.True);

        _folder.Time.Advance(TimeSpan.FromDays(2));
        Assert.That(guard.Current.License!.IsLeased, Is.True, guard.Current.Outcome.ToString());
        Assert.That(guard.Current.Outcome, Is.Not.EqualTo(LicenseOutcome.NotActivated));
        var credentials = new List<string>();
        var answer = Answer(Lease(3, TestCodes.Now + (3 * Day)).Build(), null);
        _server.Answer = context =>
        {
            credentials.Add(context.Request.Headers.Authorization.ToString());
            return context.Response.WriteAsync(answer);
        };
        Assert.That((await guard.RefreshAsync()).Problem, Is.Null);

        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(credentials[0], Does.EndWith(Lease(2, TestCodes.Now + 3600).Build()));
    }

    // Where a product does not demand activation the unbound code serves meanwhile, and brought no lease back.
    [Test]
    public async Task Refresh_TheLeaseHasLapsedAndTheUnboundCodeServes_IsAskedForByTheDevicesOwnCode()
    {
        using var guard = OpenEmpty();
        guard.Install(Code(1).Build());
        guard.Install(Lease(2, TestCodes.Now + 3600).Build());
        _folder.Time.Advance(TimeSpan.FromDays(2));
        Assert.That((guard.Current.Outcome, guard.Current.License!.IsLeased), Is.EqualTo((LicenseOutcome.Valid, false)));

        _server.Say(Answer(Lease(3, TestCodes.Now + (3 * Day)).Build(), null));
        Assert.That((await guard.RefreshAsync()).Problem, Is.Null);

        Assert.That((guard.Current.Outcome, guard.Current.License!.Generation), Is.EqualTo((LicenseOutcome.Valid, 3)));
    }

    // A code that brings nothing any more must not keep the unbound one from its renewal.
    [Test]
    public async Task Refresh_TheSeatIsGoneAndTheUnboundCodeServes_IsAskedByThatNextTime()
    {
        using var guard = OpenEmpty();
        guard.Install(Code(1).Build());
        guard.Install(Lease(2, TestCodes.Now + 3600).Build());
        _folder.Time.Advance(TimeSpan.FromDays(2));
        _server.Say("{\"code\":\"device-freed\"}", 410);
        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("device-freed"));

        _server.Say(Answer(Code(4).With("iat", TestCodes.Now).Build(), null));
        Assert.That((await guard.RefreshAsync()).Problem, Is.Null);
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(4));
    }

    // Eight hours without a network, and then there is one again: nobody waits for a back-off that is longer than the lease.
    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Background_ALeaseAfterManyFailures_IsProlongedSoon(CancellationToken cancellationToken)
    {
        using var guard = OpenEmpty(options => options.Online = true);
        guard.Install(Lease(2, TestCodes.Now + (4 * 3600)).Build());
        _server.Say("no", 500);
        for (var failures = 0; failures < 12; failures++)
        {
            await guard.RefreshAsync(cancellationToken);
            _folder.Time.Advance(TimeSpan.FromMinutes(40));
        }

        _server.Say(Answer(Lease(3, TestCodes.Now + (5 * Day)).Build(), null));
        _folder.Time.Advance(TimeSpan.FromMinutes(20));

        // A fetch of before may be under way still, and at a tick meanwhile no other one begins.
        await UntilAsync(
            () =>
            {
                _folder.Time.Advance(Tick);
                return guard.Current.License!.Generation == 3;
            },
            cancellationToken);
    }

    // A firewall that drops is why there is a mirror.
    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Refresh_TheIssuerDoesNotAnswer_TheMirrorIsAsked(CancellationToken cancellationToken)
    {
        await using var mirror = await HostileServer.StartAsync();
        mirror.Say("\uFEFF" + List(2).Build() + "\r\n");
        using var guard = Open(change: options => options.ListMirror = new Uri(mirror.Address + "/"));
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Answer = async context =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var refreshing = guard.RefreshAsync(cancellationToken);
        await reached.Task.WaitAsync(cancellationToken);
        _folder.Time.Advance(TimeSpan.FromSeconds(31));

        Assert.That((await refreshing).Succeeded, Is.True, "what can be had there was had");
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Suspended));
        Assert.That(guard.Notices.Select(notice => notice.Kind), Does.Not.Contain(LicenseNoticeKind.RefreshFailing));
    }

    // The fetch at the start found nothing to ask for; what is installed a minute later is not to wait for a day.
    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Refresh_BeforeAnythingIsInstalled_DelaysNoFetch(CancellationToken cancellationToken)
    {
        using var guard = OpenEmpty(options => options.Online = true);
        Assert.That((await guard.RefreshAsync(cancellationToken)).Problem, Is.EqualTo("not-installed"));
        guard.Install(Code(1).Build());
        _server.Say(Answer(Code(2).Build(), null));
        _folder.Time.Advance(TimeSpan.FromMinutes(1));
        _folder.Time.Advance(Tick);

        await UntilAsync(() => guard.Current.License!.Generation == 2, cancellationToken);
    }

    // "Too often" was said while the clock was a year ahead: it must not hold back the way out of that.
    [Test]
    public async Task Refresh_TooOftenByAClockThatWasAhead_IsNotHeldBack()
    {
        using var guard = Open();
        _folder.Machine.Shift = TimeSpan.FromDays(365);
        SayTooOften("a proxy's page");
        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("too-many-requests"));

        _folder.Machine.Shift = TimeSpan.Zero;
        _server.Say(Answer(Code(2).Build(), null));
        Assert.That((await guard.RefreshAsync()).Succeeded, Is.True);
    }

    [Test]
    public async Task Activate_TooOften_AsksNobodyUntilTheTimeThatWasNamed()
    {
        using var guard = Open();
        SayTooOften("{\"code\":\"too-many-requests\"}");
        Assert.That((await guard.ActivateAsync()).Problem, Is.EqualTo("too-many-requests"));
        Assert.That((await guard.ActivateAsync()).Problem, Is.EqualTo("too-many-requests"));
        Assert.That((await guard.RefreshAsync()).Problem, Is.EqualTo("too-many-requests"));
        Assert.That(_server.Asked, Has.Count.EqualTo(1));

        _folder.Time.Advance(TimeSpan.FromSeconds(61));
        await guard.ActivateAsync();
        Assert.That(_server.Asked, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Refresh_AListByAnUnknownRoot_SaysToUpdate()
    {
        using var guard = Open();
        _server.Say(Answer(Code(2).Build(), List(0).CertifiedBy(TestCodes.OtherRootSeed).Build()));
        await guard.RefreshAsync();

        Assert.That(guard.Notices.Select(notice => notice.Kind), Does.Contain(LicenseNoticeKind.UpdateSoftware));
    }

    [Test]
    public async Task Refresh_TheSeatIsGone_SinceStaysAndIsTakenBack()
    {
        using var guard = OpenWith(Code(1).BoundTo("board"));
        _server.Say("{\"code\":\"device-freed\"}", 410);
        await guard.RefreshAsync();
        var first = guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.DeviceFreed).Since;
        _folder.Time.Advance(TimeSpan.FromDays(3));
        await guard.RefreshAsync();
        Assert.That(guard.Notices.Single(notice => notice.Kind == LicenseNoticeKind.DeviceFreed).Since, Is.EqualTo(first));

        _server.Say(Answer(Code(1).BoundTo("board").Build(), null));
        await guard.RefreshAsync();
        Assert.That(guard.Notices.Select(notice => notice.Kind), Does.Not.Contain(LicenseNoticeKind.DeviceFreed));
    }

    // Two windows of one program: the one that is closed first must not take the license from under the other.
    [Test]
    public async Task ReleaseOnDispose_OfTwoProcesses_OnlyTheLastGivesThePlaceUp()
    {
        _server.Answer = context => context.Request.Method == "DELETE"
            ? Fail(context, 204)
            : context.Response.WriteAsync(JsonSerializer.Serialize(new { id = "act_1", code = Code(2).BoundTo("board").Build(), state = "Active" }));
        using var one = OpenEmpty(options => options.ReleaseOnDispose = true);
        using var other = OpenEmpty(options => options.ReleaseOnDispose = true);
        Assert.That((await one.ActivateAsync(Code(1).Build())).Succeeded, Is.True);

        one.Dispose();
        _folder.Time.Advance(Tick);
        Assert.That(_server.Asked, Has.None.StartsWith("DELETE"));
        Assert.That(other.Current.License!.DeviceIds, Has.Count.EqualTo(1));

        other.Dispose();
        Assert.That(_server.Asked, Has.One.StartsWith("DELETE"));
    }

    // A program that only writes the report is another process than the one that asked.
    [Test]
    public async Task GetSupportReport_AfterCalls_SaysWhatWasAskedLastAndWhatTheAuthoritySaid()
    {
        using (var guard = Open())
        {
            var before = guard.GetSupportReport();
            Assert.That(before, Does.Contain("last activation or release: none yet\nstate that the authority named last: none yet\n"));
            Assert.That(before, Does.Contain("revoked keys: none is known\n").And.Contain("jump ahead that is not believed yet none"));
            _server.Say("{\"code\":null,\"state\":\"Frozen\",\"statusList\":null}");
            await guard.RefreshAsync();
            _server.Say("{\"code\":\"no-seat-left\",\"devices\":[]}", 409);
            _folder.Time.Advance(TimeSpan.FromMinutes(1));
            await guard.ActivateAsync();
        }

        using var other = _folder.Open();
        Assert.That(other.GetSupportReport(), Does.Contain("last activation or release: activation at 2026-06-01T00:01:00Z: no-seat-left\n"));
        Assert.That(other.GetSupportReport(), Does.Contain($"named last: Frozen of {TestCodes.LicenseId} at 2026-06-01T00:00:00Z, for showing only"));
    }

    [Test]
    public async Task Activate_AllPlacesAreTaken_NamesDevicesAndCountsThoseWithoutAName()
    {
        using var guard = Open();
        _server.Say("{\"code\":\"no-seat-left\",\"devices\":[{\"name\":\"Reception\"},{\"name\":null},{}]}", 409);
        var result = await guard.ActivateAsync();

        Assert.That(result.Devices, Is.EqualTo((string[])["Reception"]));
        Assert.That(result.GetText(LicenseLanguage.English), Does.Contain("those of: Reception, 2 devices without a name.").And.Not.Contain("Since"));
        Assert.That(result.GetText(LicenseLanguage.Chinese), Does.Contain("Reception、2 台未命名的设备").And.Not.Contain("自 "));
    }

    [Test]
    public async Task Deactivate_TooManyFrees_SaysFromWhenOn()
    {
        using var guard = OpenWith(Code(1).BoundTo("board"));
        _server.Answer = context => context.Request.Method == "DELETE"
            ? RefuseFree(context)
            : context.Response.WriteAsync(JsonSerializer.Serialize(new { id = "act_1", code = Code(1).BoundTo("board").Build(), state = "Active" }));
        var result = await guard.DeactivateAsync();

        Assert.That(result.Problem, Is.EqualTo("too-many-frees"));
        Assert.That(result.GetText(LicenseLanguage.English), Does.Contain("given up too often").And.Contain("from 2026-06-03T00:00:00Z").And.Not.Contain("Since"));
        Assert.That(result.GetText(LicenseLanguage.Chinese), Does.Contain("名额").And.Contain("2026-06-03T00:00:00Z"));

        static Task RefuseFree(HttpContext context)
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, "172800");
            return context.Response.WriteAsync("{\"code\":\"too-many-frees\"}");
        }
    }

    [TestCase(-100, true)]
    [TestCase(-300, false)]
    public async Task Refresh_Unreachable_SaysThatItGoesOnOnlyWhereItDoes(int ends, bool goesOn)
    {
        await using var gone = await HostileServer.StartAsync();
        var code = TestCodes.Valid().With("iss", $"\"{gone.Address}\"").With("iat", TestCodes.Now - (150 * Day)).Without("grace")
            .With("exp", TestCodes.Now + ((200 + ends) * Day)).Build();
        await gone.DisposeAsync();
        using var guard = OpenEmpty();
        guard.Install(code);
        Assert.That(guard.Current.IsValid, Is.EqualTo(goesOn));
        var result = await guard.RefreshAsync();

        Assert.That(result.Problem, Is.EqualTo("unreachable"));
        Assert.That(result.GetText(LicenseLanguage.English).Contains("goes on working", StringComparison.Ordinal), Is.EqualTo(goesOn));
        Assert.That(result.GetText(LicenseLanguage.Chinese).Contains("照常使用", StringComparison.Ordinal), Is.EqualTo(goesOn));
    }

    // The network was asked: to be sent there once more helps nobody.
    [Test]
    public async Task Advice_RevokedAndTheAuthoritySaysSo_SendsToTheVendor()
    {
        using var guard = Open(list: List(1));
        Assert.That(guard.Current.GetAdvice(LicenseLanguage.English), Does.Contain("Connect this computer to the network"));

        _server.Say("{\"code\":null,\"state\":\"Revoked\",\"statusList\":null}");
        Assert.That((await guard.RefreshAsync()).Problem, Is.Null);
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));
        Assert.That(guard.Current.GetAdvice(LicenseLanguage.English), Does.Contain("support").And.Not.Contain("network"));
        Assert.That(guard.Current.GetAdvice(LicenseLanguage.Chinese), Does.Contain("技术支持").And.Not.Contain("网络"));
    }

    private void SayTooOften(string text) => _server.Answer = context =>
    {
        context.Response.Headers.RetryAfter = "60";
        context.Response.StatusCode = 429;
        return context.Response.WriteAsync(text);
    };

    private TestCodes Lease(int generation, long end) => Code(generation).With("iat", TestCodes.Now + generation - 10).With("exp", end).With("lease", "true")
        .With("term", TestCodes.ExpiresAt).BoundTo("board");

    private static Task Fail(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    // What happens on another thread: looked for, not waited for by a clock.
    private static async Task UntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (!condition())
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static string Answer(string code, string? list) => JsonSerializer.Serialize(new { code, state = "Active", statusList = list });

    private TestCodes Code(int generation) => TestCodes.Valid().With("gen", generation).With("iat", TestCodes.Now - (100 * Day) + generation)
        .With("iss", $"\"{_server.Address}\"")
        .With("status", "{\"status_list\":{\"idx\":" + TestStatusLists.Index + ",\"uri\":\"" + ListUri + "\"}}");

    private TestCodes List(int entry) => TestStatusLists.With(entry).With("sub", $"\"{ListUri}\"");

    private LicenseGuard OpenWith(TestCodes code, TestCodes? list = null)
    {
        var guard = OpenEmpty(null);
        guard.Install(GuardFolder.File(code.Build(), list?.Build()));
        return guard;
    }

    private LicenseGuard Open(TestCodes? list = null, Action<LicenseGuardOptions>? change = null)
    {
        var guard = OpenEmpty(change);
        guard.Install(GuardFolder.File(Code(1).Build(), list?.Build()));
        return guard;
    }

    private LicenseGuard OpenEmpty(Action<LicenseGuardOptions>? change = null) => _folder.Open(options =>
    {
        options.DeviceFingerprints = ["board"];
        change?.Invoke(options);
    });

    private sealed class EndlessAnswer : HttpMessageHandler
    {
        public long Read { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { RequestMessage = request, Content = new StreamContent(new Zeros(this)) });

        private sealed class Zeros(EndlessAnswer owner) : Stream
        {
            public override bool CanRead => true;

            public override bool CanSeek => false;

            public override bool CanWrite => false;

            public override long Length => throw new NotSupportedException();

            public override long Position
            {
                get => throw new NotSupportedException();
                set => throw new NotSupportedException();
            }

            public override int Read(byte[] buffer, int offset, int count)
            {
                owner.Read += count;
                return owner.Read > 10L << 30 ? 0 : count;
            }

            public override void Flush()
            {
            }

            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

            public override void SetLength(long value) => throw new NotSupportedException();

            public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        }
    }
}
