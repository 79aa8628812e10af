using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LicenseAuthority.Tests.Client.Hostility;

/// <summary>
/// Each thing that a server can do, for each call that a guard makes: the call ends with a problem, no exception comes, and what was signed goes on to count. What
/// becomes of the answers themselves stands in <see cref="LicenseGuardFetchTests"/>.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HostileServerTests : IAsyncDisposable
{
    private const string OtherLicense = "lic_01KDVNGM006PSRNCJ8ZK2V8T4F";

    private readonly GuardFolder _folder = new();
    private HostileServer _server = null!;

    public enum Call
    {
        Refresh,
        Activate,
        Deactivate,
    }

    private static readonly Call[] Calls = Enum.GetValues<Call>();

    private string ListUri => _server.Address + "/licensee/v1/status-lists/1";

    [SetUp]
    public async Task StartAsync() => _server = await HostileServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [TestCaseSource(nameof(Calls))]
    public Task Hangs_BeforeItAnswers_IsGivenUp(Call call) => HangsAsync(call, static _ => Task.CompletedTask);

    [TestCaseSource(nameof(Calls))]
    public Task Hangs_AfterTheHeaders_IsGivenUp(Call call) => HangsAsync(call, static context => context.Response.Body.FlushAsync());

    // A byte now and then keeps a connection alive for ever.
    [TestCaseSource(nameof(Calls))]
    public Task Hangs_AfterSomeBytes_IsGivenUp(Call call) => HangsAsync(call, static async context =>
    {
        await context.Response.WriteAsync("{\"code\":\"");
        await context.Response.Body.FlushAsync();
    });

    [TestCaseSource(nameof(Calls))]
    public async Task Redirects_ToItselfForEver_IsNotFollowed(Call call)
    {
        await AssertRefusedAsync(call, context =>
        {
            context.Response.Redirect(_server.Address + context.Request.Path, permanent: true, preserveMethod: true);
            return Task.CompletedTask;
        }, "redirected");
    }

    [TestCaseSource(nameof(Calls))]
    public async Task Redirects_Elsewhere_TheCodeGoesNowhereElse(Call call)
    {
        await using var elsewhere = await HostileServer.StartAsync();
        elsewhere.Say("{}");
        await AssertRefusedAsync(call, context =>
        {
            context.Response.Redirect(elsewhere.Address + context.Request.Path, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        }, "redirected");

        Assert.That(elsewhere.Asked, Is.Empty);
    }

    // 10 GB are announced, and come until the other side has enough.
    [TestCaseSource(nameof(Calls))]
    public async Task Sends_TenGigabytes_IsReadAsFarAsAnAnswerCanGo(Call call)
    {
        var isCutOff = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await AssertRefusedAsync(call, async context =>
        {
            context.Response.ContentLength = 10L << 30;
            var piece = Encoding.ASCII.GetBytes(new string('1', 64 * 1024));
            try
            {
                while (true)
                {
                    await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                }
            }
            finally
            {
                // Whether by a request that is over or by a connection that is reset.
                isCutOff.TrySetResult();
            }
        }, "bad-answer");

        await isCutOff.Task.WaitAsync(Patience.Length);
    }

    [TestCaseSource(nameof(Calls))]
    public async Task Cuts_TheConnection_IsUnreachable(Call call) => await AssertRefusedAsync(call, static context =>
    {
        context.Abort();
        return Task.CompletedTask;
    }, "unreachable");

    [TestCaseSource(nameof(Calls))]
    public async Task Cuts_TheAnswer_IsUnreachable(Call call) => await AssertRefusedAsync(call, static async context =>
    {
        context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("{");
        await context.Response.Body.FlushAsync();
        context.Abort();
    }, "unreachable");

    // A hotel's page, with the status of a good answer. Only a place that is given up needs no answer that can be read.
    [TestCaseSource(nameof(Calls))]
    public async Task Says_Html_IsABadAnswer(Call call)
    {
        await AssertRefusedAsync(call, static context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<html><body>Welcome to the Grand Hotel. Room number?</body></html>");
        }, "bad-answer");
    }

    [TestCase(Call.Refresh)]
    [TestCase(Call.Activate)]
    public async Task Says_TheCodeOfAnotherLicense_IsNotTaken(Call call)
    {
        var other = Code(9).With("sub", $"\"{OtherLicense}\"").BoundTo("board").Build();
        var answer = JsonSerializer.Serialize(new { id = "act_9", code = other, state = "Active", statusList = (string?)null });
        await AssertRefusedAsync(call, context => context.Response.WriteAsync(answer), "bad-answer");

        Assert.That(await _folder.ReadStoreAsync(), Does.Not.Contain(other));
    }

    // Neither with the code nor by itself, nor at an activation.
    [TestCase(Call.Refresh)]
    [TestCase(Call.Activate)]
    public async Task Says_AnOlderList_TheNewerOneCounts(Call call)
    {
        using var guard = Open(List(1).With("seq", 9));
        var older = List(0).With("seq", 8).Build();
        _server.Answer = context => context.Response.WriteAsync(context.Request.Method == "GET"
            ? older
            : JsonSerializer.Serialize(new { id = "act_1", code = Code(1).BoundTo("board").Build(), state = "Active", statusList = older }));
        await AskAsync(guard, call);
        _server.Answer = context => context.Request.Method == "GET" ? context.Response.WriteAsync(older) : StatusAsync(context, 500);
        await AskAsync(guard, Call.Refresh);

        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    // Of the same authority, and genuine: but of codes of somebody else.
    [Test]
    public async Task Says_AListOfAnotherUri_IsNotTakenForTheCodes()
    {
        using var guard = Open(List(1));
        var other = List(0).With("sub", $"\"{_server.Address}/licensee/v1/status-lists/2\"").With("seq", 99).Build();
        _server.Answer = context => context.Response.WriteAsync(context.Request.Method == "GET"
            ? other
            : JsonSerializer.Serialize(new { code = (string?)null, state = "Active", statusList = other }));
        await guard.RefreshAsync();

        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    private static Task StatusAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private async Task HangsAsync(Call call, Func<HttpContext, Task> begin)
    {
        using var guard = Open();
        await PrepareAsync(guard, call);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Answer = async context =>
        {
            await begin(context);
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        var before = guard.Current;
        var asking = AskAsync(guard, call);
        await reached.Task.WaitAsync(Patience.Length);
        _folder.Time.Advance(TimeSpan.FromSeconds(31));

        Assert.That((await asking.WaitAsync(Patience.Length)).Problem, Is.EqualTo("timeout"));
        AssertUnchanged(guard, before);
    }

    private async Task AssertRefusedAsync(Call call, Func<HttpContext, Task> answer, string problem)
    {
        using var guard = Open();
        await PrepareAsync(guard, call);
        _server.Answer = answer;
        var before = guard.Current;

        var result = await AskAsync(guard, call);

        Assert.That((result.Succeeded, result.Problem), Is.EqualTo((false, problem)));
        Assert.That(result.GetText(LicenseLanguage.English), Is.Not.Empty);
        AssertUnchanged(guard, before);
    }

    private static void AssertUnchanged(LicenseGuard guard, LicenseCheck before)
    {
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That((guard.Current.License!.LicenseId, guard.Current.License.Generation), Is.EqualTo((before.License!.LicenseId, before.License.Generation)));
    }

    // A place that is given up is one that was got.
    private async Task PrepareAsync(LicenseGuard guard, Call call)
    {
        if (call == Call.Deactivate)
        {
            _server.Say(JsonSerializer.Serialize(new { id = "act_1", code = Code(2).BoundTo("board").Build(), state = "Active" }));
            Assert.That((await guard.ActivateAsync()).Problem, Is.Null);
        }
    }

    private static Task<LicenseGuardResult> AskAsync(LicenseGuard guard, Call call) => call switch
    {
        Call.Refresh => guard.RefreshAsync(),
        Call.Activate => guard.ActivateAsync(),
        _ => guard.DeactivateAsync(),
    };

    private TestCodes Code(int generation) => TestCodes.Valid().With("gen", generation).With("iat", TestCodes.Now - 8640000 + generation)
        .With("iss", $"\"{_server.Address}\"")
        .With("status", "{\"status_list\":{\"idx\":" + TestStatusLists.Index + ",\"uri\":\"" + ListUri + "\"}}");

    private TestCodes List(int entry) => TestStatusLists.With(entry).With("sub", $"\"{ListUri}\"");

    private LicenseGuard Open(TestCodes? list = null)
    {
        var guard = _folder.Open(options => options.DeviceFingerprints = ["board"]);
        guard.Install(GuardFolder.File(Code(1).Build(), list?.Build()));
        return guard;
    }
}
