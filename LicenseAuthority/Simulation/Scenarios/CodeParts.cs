using System.Text.Json.Nodes;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>
/// What happens to codes of 授权码 2.0, which the marketplace makes: licensed software shows one, the service activates it there, and call-backs come before,
/// meanwhile and afterwards. Each part has codes of its own.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="product">What the software is, as it is called in license codes.</param>
internal sealed class CodeParts(SimulationRun run, string product)
{
    // Failed call-backs are repeated 60 times, every 2 minutes.
    private const int Repeats = 60;

    private const string Renewal = "RENEWAL";
    private const string Refund = "UNSUBSCRIBE_RENEWAL_PERIOD";
    private const string Freeze = "FREEZE";
    private const string Unfreeze = "UNFREEZE";

    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private static readonly TimeSpan RepeatedEvery = TimeSpan.FromMinutes(2);

    private readonly SimulatedOpenApi _openApi = run.OpenApi!;

    // A freeze that comes with the end of the term is told from one for another reason by the date.
    private TimeSpan Term => run.Lapses ? Year : TimeSpan.FromHours(20);

    /// <summary>From the order to the release.</summary>
    public async Task LiveAsync()
    {
        run.Table.Begin("The whole life of a code");
        var code = Buy(Term, amount: 2);
        var first = code.ExpiresAt;
        var id = await ActivateAsync("activate: the first device", code, "device A", first);
        await run.StateAsync(id, "Active", first);
        await ActivateAsync("activate: the same device once more", code, "device A", first);
        await ActivateAsync("activate: the second device", code, "device B", first);
        await RefuseAsync("activate: a third device of two", code.Text, "device C", 409, "no-seat-left");

        await run.PassAsync(Term * 0.9);
        var renewal = run.NewOrderId();
        await CallAsync("refreshLicenseCode: renewed for a year", code, code.Refresh(Renewal, first + Year, renewal), Expectation.Success);
        await run.StateAsync(id, "Active", first + Year);
        await CallAsync("refreshLicenseCode: the same renewal once more", code, code.Refresh(Renewal, first + Year, renewal), Expectation.Success);
        await ActivateAsync("activate: the code is the renewed one", code, "device A", first + Year);
        await CallAsync("refreshLicenseCode: the renewal is refunded", code, code.Refresh(Refund, first), Expectation.Success);
        await run.StateAsync(id, "Active", first);

        await run.PassUntilAsync(first);
        if (run.Lapses)
        {
            await run.StateAsync(id, "Frozen", first);
        }

        await CallAsync("updateLicenseCodeStatus: FREEZE, the term is over", code, code.Status(Freeze), Expectation.Success);
        await run.StateAsync(id, "Frozen", first);
        await CallAsync("updateLicenseCodeStatus: FREEZE, once more", code, code.Status(Freeze), Expectation.Success);

        await run.PassAsync(TimeSpan.FromDays(10));
        var second = first + Year;
        await CallAsync("refreshLicenseCode: renewed in the retention, thawed", code, code.Refresh(Renewal, second), Expectation.Success);
        await run.StateAsync(id, "Active", second);
        await CallAsync("updateLicenseCodeStatus: UNFREEZE, after the renewal", code, code.Status(Unfreeze), Expectation.Success);
        await ActivateAsync("activate: the code is good again", code, "device A", second);

        await CallAsync("updateLicenseCodeStatus: FREEZE, a rule was broken", code, code.Status(Freeze), Expectation.Success);
        await run.StateAsync(id, "Frozen", second);
        await CallAsync("updateLicenseCodeStatus: UNFREEZE, it was mended", code, code.Status(Unfreeze), Expectation.Success);
        await run.StateAsync(id, "Active", second);

        await CallAsync("releaseLicenseCode: gone", code, code.Release(), Expectation.Success);
        await run.StateAsync(id, "Released", second);
        await CallLateAsync(code, id, second);
    }

    /// <summary>What was said of a code before anybody activated it.</summary>
    public async Task KeepAsync()
    {
        run.Table.Begin("Bought and not used yet: what is said of the code is kept until it is activated");
        var code = Buy(Year);
        var later = code.ExpiresAt + Year;
        var renewal = run.NewOrderId();
        await CallAsync("refreshLicenseCode: before the activation", code, code.Refresh(Renewal, later, renewal), Expectation.Success);
        await CallAsync("refreshLicenseCode: the same renewal once more", code, code.Refresh(Renewal, later, renewal), Expectation.Success);
        await CallAsync("updateLicenseCodeStatus: FREEZE, before the activation", code, code.Status(Freeze), Expectation.Success);
        await CallAsync("updateLicenseCodeStatus: UNFREEZE, before the activation", code, code.Status(Unfreeze), Expectation.Success);
        var id = await ActivateAsync("activate: all of it counts", code, "device A", later);
        await run.StateAsync(id, "Active", later);

        var gone = Buy(Year);
        await CallAsync("releaseLicenseCode: before the activation", gone, gone.Release(run.NewOrderId()), Expectation.Success);
        await CallAsync("refreshLicenseCode: after that", gone, gone.Refresh(Renewal, later), Expectation.Success);
        await RefuseAsync("activate: it can never be activated", gone.Text, "device A", 410, "code-over");
    }

    /// <summary>Codes that are none, and a marketplace that does not answer.</summary>
    public async Task FailAsync()
    {
        run.Table.Begin("Codes that are none, and an open API that fails");
        await RefuseAsync("activate: no code at all", "PL SIM/0815", "device A", 400, "bad-code");
        await RefuseAsync("activate: a code of 65 characters", "PL" + new string('X', 63), "device A", 400, "bad-code");
        await RefuseAsync("activate: a code that the marketplace does not know", "PLNOBODYHASTHISONE" + run.NewOrderId(), "device A", 404, "unknown-code");
        var unreceived = Buy(Year);
        unreceived.AtTheMarketplace.IsReceived = false;
        await RefuseAsync("activate: not received by the buyer yet", unreceived.Text, "device A", 409, "code-not-received");
        foreach (var status in new[] { "RELEASED", "EXPIRED" })
        {
            var over = Buy(Year);
            over.AtTheMarketplace.Status = status;
            await RefuseAsync($"activate: {status} there", over.Text, "device A", 410, "code-over");
        }

        OpenApiMood[] moods = [OpenApiMood.Away, OpenApiMood.Broken, OpenApiMood.Refusing, OpenApiMood.Empty, OpenApiMood.NoJson, OpenApiMood.Mistaken];
        foreach (var mood in moods)
        {
            var code = Buy(Year);
            _openApi.Mood = mood;
            await RefuseAsync($"activate: the open API is {mood.ToString().ToLowerInvariant()}", code.Text, "device A", 503, "marketplace-unavailable");
            _openApi.Mood = OpenApiMood.Well;
            await ActivateAsync("activate: the open API is well", code, "device A", code.ExpiresAt);
        }

        var lost = Buy(Year);
        lost.AtTheMarketplace.LosesNextAnswer = true;
        await RefuseAsync("activate: done there, and the answer is lost", lost.Text, "device A", 503, "marketplace-unavailable");
        await ActivateAsync("activate: again, it was done", lost, "device A", lost.ExpiresAt);
    }

    /// <summary>What the marketplace says of a code when it is asked, which is once a day for each use.</summary>
    public async Task AskAsync()
    {
        // It is asked behind the answers, and only states show what came of it. Debug orders are left out: nothing depends on their end.
        if (run.Window is null || run.Test)
        {
            return;
        }

        run.Table.Begin("The marketplace is asked how codes stand");
        var known = Year + TimeSpan.FromDays(20);
        foreach (var (status, state) in new[] { ("RELEASED", "Released"), ("EXPIRED", "Frozen") })
        {
            var code = Buy(Year);
            var end = V1Order.Cut(run.Now + known);
            code.AtTheMarketplace.KnownEnd = end;
            var reply = await run.Devices.ActivateAsync(code.Text, product, "device A");
            Judge("activate: with an end that is an estimate", reply, "device A", code.ExpiresAt);
            var id = CodeCheck.LicenseOf(reply.Code);
            await run.StateSoonAsync(id, "Active", end);
            var refreshed = await run.Devices.RefreshAsync(reply.Code ?? "");
            Judge("refresh: the end that the marketplace knows", refreshed, "device A", end);

            code.AtTheMarketplace.Status = status;
            await run.PassAsync(TimeSpan.FromDays(1));
            if (!run.Lapses)
            {
                // The first refresh of the day was asked about, and no other day comes.
                continue;
            }

            await run.Devices.RefreshAsync(refreshed.Code ?? "");
            await run.StateSoonAsync(id, state, end);
        }
    }

    /// <summary>Each call-back as often as the marketplace repeats it, and two devices at once.</summary>
    public async Task StormAsync()
    {
        run.Table.Begin("The marketplace repeats: 60 times, every 2 minutes");
        var code = Buy(Year, amount: 2);
        var end = code.ExpiresAt;
        var replies = await Task.WhenAll(run.Devices.ActivateAsync(code.Text, product, "device A"), run.Devices.ActivateAsync(code.Text, product, "device B"));
        foreach (var (number, reply) in replies.Index())
        {
            Judge($"activate: 2 devices at once with a new code, device {number + 1}", reply, number == 0 ? "device A" : "device B", end);
        }

        var id = CodeCheck.LicenseOf(replies[0].Code);
        run.Table.Add("  the license of both", "one license", id is not null && id == CodeCheck.LicenseOf(replies[1].Code) ? "one license" : "not one license");
        var renewal = run.NewOrderId();
        await RepeatAsync("refreshLicenseCode", code, () => code.Refresh(Renewal, end + Year, renewal));
        await run.StateAsync(id, "Active", end + Year);
        await RepeatAsync("updateLicenseCodeStatus: FREEZE", code, () => code.Status(Freeze));
        await run.StateAsync(id, "Frozen", end + Year);
        await RepeatAsync("updateLicenseCodeStatus: UNFREEZE", code, () => code.Status(Unfreeze));
        await run.StateAsync(id, "Active", end + Year);
    }

    /// <summary>Calls that overtake each other, and calls that come twice.</summary>
    public async Task ReorderAsync()
    {
        run.Table.Begin("In another order, and twice");
        var code = Buy(Year);
        var end = code.ExpiresAt;
        var id = await ActivateAsync("activate: a device", code, "device A", end);
        var third = end + Year + Year;
        await CallAsync("refreshLicenseCode: the third year before the second", code, code.Refresh(Renewal, third), Expectation.Success);
        await CallAsync("refreshLicenseCode: the second year, which would take away", code, code.Refresh(Renewal, end + Year), Expectation.Success);
        await CallAsync("updateLicenseCodeStatus: UNFREEZE before FREEZE", code, code.Status(Unfreeze), Expectation.Success);
        await run.StateAsync(id, "Active", third);

        var renewal = code.Sign(code.Refresh(Renewal, third + Year));
        await run.CallAsync("refreshLicenseCode: the fourth year", renewal, Expectation.Success);
        await CallAsync("refreshLicenseCode: the fourth year is refunded", code, code.Refresh(Refund, third), Expectation.Success);
        await run.CallAsync("refreshLicenseCode: the refunded renewal, byte for byte", renewal, Expectation.Success);
        await run.StateAsync(id, "Active", third);

        var nonce = CallSigner.NewNonce();
        await run.CallAsync("updateLicenseCodeStatus: FREEZE", run.Signer.V2(code.Status(Freeze), nonce: nonce), Expectation.Success);
        await run.CallAsync("updateLicenseCodeStatus: the same nonce, UNFREEZE", run.Signer.V2(code.Status(Unfreeze), nonce: nonce), Expectation.Unauthenticated);
        await run.StateAsync(id, "Frozen", third);
    }

    /// <summary>Callers that are not the marketplace, and a marketplace whose clock is off.</summary>
    public async Task MistrustAsync()
    {
        run.Table.Begin("Signatures and clocks");
        var code = Buy(Year);
        var end = code.ExpiresAt;
        var id = await ActivateAsync("activate: a device", code, "device A", end);
        await run.CallAsync("releaseLicenseCode: signed with another key", run.Stranger.V2(code.Release()), Expectation.Unauthenticated);
        var signed = code.Sign(code.Status(Unfreeze));
        await run.CallAsync(
            "updateLicenseCodeStatus: changed after it was signed", signed with { Body = code.Sign(code.Status(Freeze)).Body }, Expectation.Unauthenticated);
        await run.CallAsync("releaseLicenseCode: signed 90 s ago", run.Signer.V2(code.Release(), TimeSpan.FromSeconds(-90)), Expectation.Unauthenticated);
        await run.CallAsync("releaseLicenseCode: signed 90 s ahead", run.Signer.V2(code.Release(), TimeSpan.FromSeconds(90)), Expectation.Unauthenticated);
        await run.StateAsync(id, "Active", end);
        await run.CallAsync(
            "updateLicenseCodeStatus: the clock is 45 s behind", run.Signer.V2(code.Status(Unfreeze), TimeSpan.FromSeconds(-45)), Expectation.Success);
        await run.CallAsync(
            "updateLicenseCodeStatus: the clock is 45 s ahead", run.Signer.V2(code.Status(Unfreeze), TimeSpan.FromSeconds(45)), Expectation.Success);
        await CallAsync("updateLicenseCodeStatus: a status that there is not", code, code.Status("NORMAL"), Expectation.Of("000002"));
        if (run.Service is not null)
        {
            var debug = new BoughtCode(run, end, amount: 1, isTest: true);
            var call = code.Release();
            call["testFlag"] = "1";
            await CallAsync("releaseLicenseCode: a debug case on a real license", code, call, Expectation.Of("000003"));
            await run.StateAsync(id, "Active", end);
            await CallAsync("releaseLicenseCode: a debug case on a code that nobody has", debug, debug.Release(), Expectation.Success);
        }
    }

    /// <summary>The saved debug cases, morning and afternoon. Five days of failures would hide the product.</summary>
    public async Task ReplayDebugCasesAsync()
    {
        run.Table.Begin("The dial test: saved debug cases, twice a day for 30 days");
        var saved = new BoughtCode(run, run.Now + Year, amount: 1, isTest: true);
        var renewal = run.NewOrderId();
        for (var replay = 1; replay <= 60; replay++)
        {
            var when = $"day {(replay + 1) / 2}, {(replay % 2 == 1 ? "morning" : "afternoon")}";
            await CallAsync($"refreshLicenseCode: {when}", saved, saved.Refresh(Renewal, saved.ExpiresAt, renewal), Expectation.Success);
            await CallAsync($"updateLicenseCodeStatus: {when}", saved, saved.Status(Freeze), Expectation.Success);
            await CallAsync($"releaseLicenseCode: {when}", saved, saved.Release(), Expectation.Success);
            await run.PassAsync(TimeSpan.FromHours(12));
        }
    }

    /// <summary>How the service has called the open API.</summary>
    public void JudgeCallsBack()
    {
        const string Good = "all well signed and known";
        run.Table.Begin("What the service asked of the open API");
        run.Table.Add($"{_openApi.Calls} calls of the open API", Good, _openApi.Faults.Count == 0 ? Good : string.Join("; ", _openApi.Faults));
    }

    // Calls that come when everything is over.
    private async Task CallLateAsync(BoughtCode code, string? id, DateTimeOffset end)
    {
        await CallAsync("updateLicenseCodeStatus: late, FREEZE after the release", code, code.Status(Freeze), Expectation.Success);
        await CallAsync("updateLicenseCodeStatus: late, UNFREEZE", code, code.Status(Unfreeze), Expectation.Success);
        await CallAsync("releaseLicenseCode: late, once more, of a refund", code, code.Release(run.NewOrderId()), Expectation.Success);
        await CallAsync("refreshLicenseCode: late, the refund of a renewal", code, code.Refresh(Refund, end - Year), Expectation.Success);
        await run.StateAsync(id, "Released", end);
        await RefuseAsync("activate: late, it is over", code.Text, "device A", 410, "code-over");
        await CallAsync("refreshLicenseCode: late, paid for what is gone", code, code.Refresh(Renewal, end + Year), run.WhereOver("000003"));
    }

    private async Task RepeatAsync(string call, BoughtCode code, Func<JsonObject> body)
    {
        for (var time = 1; time <= Repeats; time++)
        {
            await CallAsync($"{call}, repeated {time}", code, body(), Expectation.Success);
            await run.PassAsync(RepeatedEvery);
        }
    }

    private BoughtCode Buy(TimeSpan term, int amount = 1)
    {
        var code = new BoughtCode(run, run.Now + term, amount, run.Test);
        _openApi.Add(code.AtTheMarketplace);
        _openApi.Add(new SimulatedOrder(code.OrderId, run.ProductId, run.Now) { Amount = amount, ExpiresAt = code.ExpiresAt });
        return code;
    }

    private Task<Reply> CallAsync(string call, BoughtCode code, JsonObject body, Expectation expectation) => run.CallAsync(call, code.Sign(body), expectation);

    // Returns the license.
    private async Task<string?> ActivateAsync(string call, BoughtCode code, string device, DateTimeOffset end)
    {
        var reply = await run.Devices.ActivateAsync(code.Text, product, device);
        Judge(call, reply, device, end);
        return CodeCheck.LicenseOf(reply.Code);
    }

    private void Judge(string call, DeviceReply reply, string device, DateTimeOffset end) => run.Table.Add(
        call, $"200, {run.Codes.Expect(run.Test, end)}", reply.Status == 200 ? $"200, {run.Codes.Describe(reply.Code, device)}" : reply.ToString());

    private async Task RefuseAsync(string call, string code, string device, int status, string problem) =>
        run.Table.Add(call, $"{status} {problem}", (await run.Devices.ActivateAsync(code, product, device)).ToString());
}
