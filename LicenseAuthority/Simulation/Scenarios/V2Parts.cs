using System.Text.Json.Nodes;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>
/// What happens to licenses of 在线开通 License, whose calls name an order and nothing else: the service asks the open API. Each part has licenses of its own.
/// </summary>
internal sealed class V2Parts(SimulationRun run)
{
    // What the marketplace repeats, it repeats every 2 minutes for 2 hours.
    private const int Repeats = 60;

    private const string Renewal = "RENEWAL";
    private const string Refund = "UNSUBSCRIBE_RENEWAL_PERIOD";
    private const string Freeze = "FREEZE";
    private const string Unfreeze = "UNFREEZE";

    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly TimeSpan RepeatedEvery = TimeSpan.FromMinutes(2);

    private static readonly Expectation Pending = Expectation.Of("000004").AnInstance();
    private static readonly Expectation Uploading = Expectation.Of("000000", "000004");

    private readonly SimulatedOpenApi _openApi = run.OpenApi!;

    // A failed upload is repeated after 5 s, as long as nobody lets time pass.
    private TimeSpan _patience = TimeSpan.FromSeconds(20);

    // It is repeated after seconds, and meanwhile there is much else to do.
    private (string EventId, DateTimeOffset End) _failedUpload;

    // A freeze that comes with the end of the term is told from one for another reason by the date.
    private TimeSpan Term => run.Lapses ? Year : TimeSpan.FromHours(20);

    /// <summary>From the order to the release.</summary>
    public async Task LiveAsync()
    {
        run.Table.Begin("The whole life of a license");
        var (order, id, first) = await BuyAsync(Term, amount: 5);
        await run.StateAsync(id, "Active", first);
        await CallAsync("queryInstance: is it there?", order, order.Query(id), Expectation.Success.With("it is", reply => reply.Instances.Contains(id) ? "it is" : "it is not"));
        await CallAsync("newInstance: the same order, another businessId", order, order.New(), Expectation.Success.Instance(id));
        await AskForCodeAsync("getLicenseAsync: for a device", order, id, "device of the whole life", first);

        await run.PassAsync(Term * 0.9);
        var renewal = run.NewOrderId();
        await CallAsync("refreshInstance: renewed for a year", order, order.Refresh(id, Renewal, first + Year, renewal), Expectation.Success);
        await run.StateAsync(id, "Active", first + Year);
        await CallAsync("refreshInstance: the same renewal once more", order, order.Refresh(id, Renewal, first + Year, renewal), Expectation.Success);
        await AskForCodeAsync("getLicenseAsync: the code is the renewed one", order, id, "device of the whole life", first + Year);

        await CallAsync("refreshInstance: the renewal is refunded", order, order.Refresh(id, Refund, first), Expectation.Success);
        await run.StateAsync(id, "Active", first);

        await run.PassUntilAsync(first);
        if (run.Lapses)
        {
            await run.StateAsync(id, "Frozen", first);
        }

        await CallAsync("updateInstanceStatus: FREEZE, the term is over", order, order.Status(id, Freeze), Expectation.Success);
        await run.StateAsync(id, "Frozen", first);
        await CallAsync("updateInstanceStatus: FREEZE, once more", order, order.Status(id, Freeze), Expectation.Success);

        await run.PassAsync(TimeSpan.FromDays(10));
        var second = first + Year;
        await CallAsync("refreshInstance: renewed in the retention, thawed", order, order.Refresh(id, Renewal, second), Expectation.Success);
        await run.StateAsync(id, "Active", second);
        await CallAsync("updateInstanceStatus: UNFREEZE, after the renewal", order, order.Status(id, Unfreeze), Expectation.Success);
        await AskForCodeAsync("getLicenseAsync: the code is good again", order, id, "device of the whole life", second);

        await CallAsync("updateInstanceStatus: FREEZE, a rule was broken", order, order.Status(id, Freeze), Expectation.Success);
        await run.StateAsync(id, "Frozen", second);
        await CallAsync("updateInstanceStatus: UNFREEZE, it was mended", order, order.Status(id, Unfreeze), Expectation.Success);
        await run.StateAsync(id, "Active", second);

        if (run.Lapses)
        {
            await run.PassUntilAsync(second);
            await CallAsync("updateInstanceStatus: FREEZE, the second term is over", order, order.Status(id, Freeze), Expectation.Success);
            await run.StateAsync(id, "Frozen", second);
            await run.PassAsync(TimeSpan.FromDays(15));
            await run.StateAsync(id, "Released", second);
        }

        await CallAsync("releaseInstance: gone", order, order.Release(id), Expectation.Success);
        await run.StateAsync(id, "Released", second);
        await CallLateAsync(order, id, second);
    }

    /// <summary>An order while the open API fails in every way that there is, and the 2 hours after which the marketplace gives it up.</summary>
    public async Task FailAsync()
    {
        run.Table.Begin("The open API fails: the order is pending, and is served when it is back");
        OpenApiMood[] moods =
            [OpenApiMood.Away, OpenApiMood.Broken, OpenApiMood.Refusing, OpenApiMood.Empty, OpenApiMood.NoJson, OpenApiMood.Mistaken, OpenApiMood.Hanging];
        foreach (var mood in moods)
        {
            var order = Place(Year);
            _openApi.Mood = mood;
            var opened = await CallAsync($"newInstance: the open API is {Words(mood)}", order, order.New(), Pending);
            await CallAsync("queryInstance: not yet", order, order.Query(opened.InstanceId), Expectation.Of("000004"));
            _openApi.Mood = OpenApiMood.Well;
            await CallAsync("newInstance: repeated, the open API is well", order, order.New(), Expectation.Success.Instance(opened.InstanceId));
            await run.StateAsync(opened.InstanceId, "Active", order.ExpiresAt);
        }

        var late = new V2Order(run, run.Now + Year);
        var early = await CallAsync("newInstance: before the open API has the order", late, late.New(), Pending);
        _openApi.Add(late.Placed);
        await CallAsync("newInstance: repeated, now it has", late, late.New(), Expectation.Success.Instance(early.InstanceId));
    }

    /// <summary>Each call as often as the marketplace repeats it.</summary>
    public async Task StormAsync()
    {
        run.Table.Begin("The marketplace repeats: every 2 minutes for 2 hours");
        var order = Place(Year);
        _openApi.Mood = OpenApiMood.Away;
        var opened = await CallAsync("newInstance: the open API is away", order, order.New(), Pending);
        await RepeatAsync("newInstance", order, order.New, Expectation.Of("000004").Instance(opened.InstanceId), Repeats - 1);
        _openApi.Mood = OpenApiMood.Well;
        await CallAsync("newInstance: the last time, the open API is back", order, order.New(), Expectation.Success.Instance(opened.InstanceId));
        var id = opened.InstanceId!;
        var end = order.ExpiresAt!.Value;
        await run.StateAsync(id, "Active", end);

        var renewal = run.NewOrderId();
        await RepeatAsync("refreshInstance", order, () => order.Refresh(id, Renewal, end + Year, renewal), Expectation.Success, Repeats);
        await run.StateAsync(id, "Active", end + Year);
        await RepeatAsync("updateInstanceStatus: FREEZE", order, () => order.Status(id, Freeze), Expectation.Success, Repeats);
        await run.StateAsync(id, "Frozen", end + Year);
        await RepeatAsync("updateInstanceStatus: UNFREEZE", order, () => order.Status(id, Unfreeze), Expectation.Success, Repeats);
        await run.StateAsync(id, "Active", end + Year);

        const int Callers = 16;
        var another = Place(Year);
        var replies = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => run.Caller.SendAsync(another.Sign(another.New()))));
        var instance = replies.Select(static reply => reply.InstanceId).FirstOrDefault(static each => each is not null);
        foreach (var (number, reply) in replies.Index())
        {
            run.Add($"newInstance: {Callers} calls at once for one order, call {number + 1}", reply, Uploading.Instance(instance));
        }

        await CallAsync("newInstance: and then", another, another.New(), Expectation.Success.Instance(instance));
        await run.StateAsync(instance, "Active", another.ExpiresAt);
    }

    /// <summary>An order that could not be served in 2 hours: the marketplace refunds it.</summary>
    public async Task GiveUpAsync()
    {
        run.Table.Begin("An order that failed: the marketplace refunds it and gives it back");
        var order = Place(Year);
        _openApi.Mood = OpenApiMood.Away;
        var opened = await CallAsync("newInstance: the open API is away", order, order.New(), Pending);
        await run.PassAsync(TimeSpan.FromHours(2));
        await CallAsync("refreshInstance: while it is pending", order, order.Refresh(opened.InstanceId, Renewal, run.Now + Year), Expectation.Of("000004"));
        await CallAsync("releaseInstance: refunded", order, order.Release(opened.InstanceId, run.NewOrderId()), Expectation.Success);
        await CallAsync("releaseInstance: once more", order, order.Release(opened.InstanceId), Expectation.Success);
        _openApi.Mood = OpenApiMood.Well;
        await CallAsync(
            run.Test ? "newInstance: late, a debug case is served after all" : "newInstance: late, it stays given back",
            order, order.New(), Expectation.Success.Instance(opened.InstanceId));
    }

    /// <summary>Codes for devices: what is bound to what, and what is refused.</summary>
    public async Task AskForCodesAsync()
    {
        run.Table.Begin("Codes for devices");
        var (order, id, end) = await BuyAsync(Year, amount: 2);
        await AskForCodeAsync("getLicenseAsync: for the first device", order, id, "device A", end);
        await AskForCodeAsync("getLicenseAsync: for the second device", order, id, "device B", end);
        await AskForCodeAsync("getLicenseAsync: for the first one again", order, id, "device A", end);
        await CallAsync(
            "getLicenseAsync: for a third one of two", order, order.License(id, NewEvent(), "device C", run.Now, end), WhereRefused("000900"));
        await CallAsync(
            "getLicenseAsync: longer than the term", order, order.License(id, NewEvent(), "device A", run.Now, end + Year), WhereRefused("000901"));
        await CallAsync("getLicenseAsync: without an end", order, order.License(id, NewEvent(), "device A", run.Now, endsAt: null), Expectation.Of("000902"));
        await CallAsync("getLicenseAsync: without a device", order, order.License(id, NewEvent(), device: null, run.Now, end), Expectation.Of("000903"));

        var eventId = NewEvent();
        _openApi.FailOnce(eventId);
        await CallAsync("getLicenseAsync: and its upload fails once", order, order.License(id, eventId, "device B", run.Now, end), Expectation.Of("000004"));
        await CallAsync("getLicenseAsync: the same event once more", order, order.License(id, eventId, "device B", run.Now, end), Uploading);
        _failedUpload = (eventId, end);

        var (trial, trialId, _) = await BuyAsync(TimeSpan.FromDays(15), orderType: "TRIAL");
        var formal = V1Order.Cut(run.Now + Year);
        await CallAsync("refreshInstance: a trial becomes formal", trial, trial.Refresh(trialId, "TRIAL_TO_FORMAL", formal), Expectation.Success);
        await run.StateAsync(trialId, "Active", formal);
    }

    /// <summary>Calls that overtake each other, and calls that come twice.</summary>
    public async Task ReorderAsync()
    {
        run.Table.Begin("In another order, and twice");
        var (order, id, end) = await BuyAsync(Year);
        var third = end + Year + Year;
        await CallAsync("refreshInstance: the third year before the second", order, order.Refresh(id, Renewal, third), Expectation.Success);
        await CallAsync("refreshInstance: the second year, which would take away", order, order.Refresh(id, Renewal, end + Year), Expectation.Success);
        await run.StateAsync(id, "Active", third);
        await CallAsync("updateInstanceStatus: UNFREEZE before FREEZE", order, order.Status(id, Unfreeze), Expectation.Success);
        await run.StateAsync(id, "Active", third);

        var fourth = third + Year;
        var renewal = order.Sign(order.Refresh(id, Renewal, fourth));
        await run.CallAsync("refreshInstance: the fourth year", renewal, Expectation.Success);
        await run.CallAsync("refreshInstance: byte for byte the same", renewal, Expectation.Success);
        await CallAsync("refreshInstance: the fourth year is refunded", order, order.Refresh(id, Refund, third), Expectation.Success);
        await run.CallAsync("refreshInstance: the refunded renewal, byte for byte", renewal, Expectation.Success);
        await run.StateAsync(id, "Active", third);

        var nonce = CallSigner.NewNonce();
        await run.CallAsync("updateInstanceStatus: FREEZE", run.Signer.V2(order.Status(id, Freeze), nonce: nonce), Expectation.Success);
        await run.CallAsync("updateInstanceStatus: the same nonce, UNFREEZE", run.Signer.V2(order.Status(id, Unfreeze), nonce: nonce), Expectation.Unauthenticated);
        await run.StateAsync(id, "Frozen", third);

        var purchase = order.Sign(order.New());
        await run.CallAsync("newInstance: the order", purchase, Expectation.Success.Instance(id));
        await run.CallAsync("newInstance: byte for byte the same", purchase, Expectation.Success.Instance(id));
    }

    /// <summary>Callers that are not the marketplace, and a marketplace whose clock is off.</summary>
    public async Task MistrustAsync()
    {
        run.Table.Begin("Signatures and clocks");
        var (order, id, end) = await BuyAsync(Year);
        await run.CallAsync("newInstance: signed with another key", run.Stranger.V2(order.New()), Expectation.Unauthenticated);
        await run.CallAsync("releaseInstance: signed with another key", run.Stranger.V2(order.Release(id)), Expectation.Unauthenticated);
        var signed = order.Sign(order.Status(id, Unfreeze));
        await run.CallAsync("updateInstanceStatus: changed after it was signed", signed with { Body = order.Sign(order.Status(id, Freeze)).Body }, Expectation.Unauthenticated);
        foreach (var parameter in new[] { "signature", "timestamp", "nonce" })
        {
            await run.CallAsync($"releaseInstance: without {parameter}", Without(order.Sign(order.Release(id)), parameter), Expectation.Unauthenticated);
        }

        await run.CallAsync("releaseInstance: signed 90 s ago", run.Signer.V2(order.Release(id), TimeSpan.FromSeconds(-90)), Expectation.Unauthenticated);
        await run.CallAsync("releaseInstance: signed 90 s ahead", run.Signer.V2(order.Release(id), TimeSpan.FromSeconds(90)), Expectation.Unauthenticated);
        await run.StateAsync(id, "Active", end);
        await run.CallAsync("newInstance: the marketplace's clock is 45 s behind", run.Signer.V2(order.New(), TimeSpan.FromSeconds(-45)), Expectation.Success.Instance(id));
        await run.CallAsync("newInstance: the marketplace's clock is 45 s ahead", run.Signer.V2(order.New(), TimeSpan.FromSeconds(45)), Expectation.Success.Instance(id));
        await CallAsync("an activity that there is not", order, new JsonObject { ["activity"] = "simulate", ["testFlag"] = "1" }, Expectation.Of("000002"));
        await CallAsync("updateInstanceStatus: a status that there is not", order, order.Status(id, "NORMAL"), Expectation.Of("000002"));
        if (run.Service is not null)
        {
            var notSold = Place(Year, productId: "NOTSOLD");
            await CallAsync("newInstance: a product that is not sold", notSold, notSold.New(), Expectation.Of("000002"));
            await CallAsync("releaseInstance: an instance that there is not", order, order.Release("lic_01ARZ3NDEKTSV4RRFFQ69G5FAV"), Expectation.Of("000003"));
        }
    }

    /// <summary>The saved debug cases, morning and afternoon. Five days of failures would hide the product.</summary>
    public async Task ReplayDebugCasesAsync()
    {
        run.Table.Begin("The dial test: saved debug cases, twice a day for 30 days");
        var saved = new V2Order(run, run.Now + Year) { IsTest = true };
        _openApi.Add(saved.Placed);
        var end = saved.ExpiresAt!.Value;
        var start = run.Now;
        var renewal = run.NewOrderId();
        string? id = null;
        for (var replay = 1; replay <= 60; replay++)
        {
            var when = $"day {(replay + 1) / 2}, {(replay % 2 == 1 ? "morning" : "afternoon")}";
            var opened = await CallAsync($"newInstance: {when}", saved, saved.New(), id is null ? Expectation.Success.AnInstance() : Expectation.Success.Instance(id));
            id ??= opened.InstanceId;
            await CallAsync($"refreshInstance: {when}", saved, saved.Refresh(id, Renewal, end + Year, renewal), Expectation.Success);
            await CallAsync($"getLicenseAsync: {when}", saved, saved.License(id, "SIMULATEDEVENT", "debug device", start, end), Uploading);
            await CallAsync($"updateInstanceStatus: {when}", saved, saved.Status(id, Freeze), Expectation.Success);
            await CallAsync($"releaseInstance: {when}", saved, saved.Release(id), Expectation.Success);
            await run.PassAsync(TimeSpan.FromHours(12));
        }
    }

    /// <summary>How the service has called the open API, and that it came again after a failure.</summary>
    public async Task JudgeCallsBackAsync()
    {
        run.Table.Begin("What the service asked of the open API");
        await SeeUploadAsync(_failedUpload.EventId, "device B", _failedUpload.End);
        run.Table.Add($"{_openApi.Calls} calls of the open API", "all well signed and known", string.Join("; ", _openApi.Faults) is { Length: > 0 } faults ? faults : "all well signed and known");
    }

    // Calls that come when everything is over.
    private async Task CallLateAsync(V2Order order, string id, DateTimeOffset end)
    {
        await CallAsync("updateInstanceStatus: late, FREEZE after the release", order, order.Status(id, Freeze), Expectation.Success);
        await CallAsync("updateInstanceStatus: late, UNFREEZE", order, order.Status(id, Unfreeze), Expectation.Success);
        await CallAsync("releaseInstance: late, once more, of a refund", order, order.Release(id, run.NewOrderId()), Expectation.Success);
        await run.StateAsync(id, "Released", end);
        await CallAsync("refreshInstance: late, the refund of a renewal", order, order.Refresh(id, Refund, end - Year), Expectation.Success);
        await CallAsync("queryInstance: it is still known", order, order.Query(id), Expectation.Success);
        await CallAsync("getLicenseAsync: late, for what is gone", order, order.License(id, NewEvent(), "device Z", run.Now, end), run.Test ? Uploading : Expectation.Of("000003"));
        await CallAsync("refreshInstance: late, paid for what is gone", order, order.Refresh(id, Renewal, end + Year), run.WhereOver("000003"));
    }

    private async Task RepeatAsync(string call, V2Order order, Func<JsonObject> body, Expectation expectation, int times)
    {
        for (var time = 1; time <= times; time++)
        {
            await CallAsync($"{call}, repeated {time}", order, body(), expectation);
            await run.PassAsync(RepeatedEvery);
        }
    }

    private V2Order Place(TimeSpan term, int amount = 1, string orderType = "NEW", string? productId = null)
    {
        var order = new V2Order(run, run.Now + term) { Amount = amount, OrderType = orderType, ProductId = productId };
        _openApi.Add(order.Placed);
        return order;
    }

    private async Task<(V2Order Order, string Id, DateTimeOffset End)> BuyAsync(TimeSpan term, int amount = 1, string orderType = "NEW")
    {
        var order = Place(term, amount, orderType);
        var opened = await CallAsync("newInstance: an order", order, order.New(), Expectation.Success.AnInstance());
        return (order, opened.InstanceId ?? "", order.ExpiresAt!.Value);
    }

    private async Task AskForCodeAsync(string call, V2Order order, string id, string device, DateTimeOffset end)
    {
        var eventId = NewEvent();
        var reply = await CallAsync(call, order, order.License(id, eventId, device, run.Now, end), Uploading);

        // Of what was refused there is none to come.
        if (reply.ResultCode is "000000" or "000004")
        {
            await SeeUploadAsync(eventId, device, end);
        }
    }

    private async Task SeeUploadAsync(string eventId, string device, DateTimeOffset end)
    {
        var upload = await _openApi.FindUploadAsync(eventId, _patience);

        // Where one does not come the others do not either, and nobody wants to wait for each.
        _patience = upload is null ? TimeSpan.Zero : _patience;
        run.Table.Add("  open API: the upload", run.Codes.Expect(run.Test, end), upload is null ? "none came" : upload.Fault ?? run.Codes.Describe(upload.Code, device));
    }

    private Task<Reply> CallAsync(string call, V2Order order, JsonObject body, Expectation expectation) => run.CallAsync(call, () => order.Sign(body), expectation);

    private string NewEvent() => "EVENT" + run.NewOrderId();

    // Debug cases are replayed for ever: of them only what is wrong with the call itself is refused.
    private Expectation WhereRefused(string resultCode) => run.Test ? Uploading : Expectation.Of(resultCode);

    private static MarketplaceRequest Without(MarketplaceRequest request, string name) =>
        request with { Query = string.Join('&', request.Query.Split('&').Where(each => !each.StartsWith(name + "=", StringComparison.Ordinal))) };

    private static string Words(OpenApiMood mood) => mood switch
    {
        OpenApiMood.Away => "away",
        OpenApiMood.Broken => "broken, HTTP 500",
        OpenApiMood.Refusing => "refusing AK and SK, HTTP 403",
        OpenApiMood.Empty => "without words",
        OpenApiMood.NoJson => "a page for people",
        OpenApiMood.Mistaken => "talking of another order",
        OpenApiMood.Hanging => "hanging",
        _ => "well",
    };
}
