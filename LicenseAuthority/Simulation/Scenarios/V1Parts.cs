using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation.Scenarios;

/// <summary>What happens to licenses whose codes the seller makes, by the calls of V1 and of its joint operation. Each part has licenses of its own.</summary>
internal sealed class V1Parts(SimulationRun run)
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    // Where no time passes the term must end soon: an expire call far from the end of a license that was renewed is a late one, and kept as a conflict.
    private TimeSpan Term => run.Lapses ? Year : TimeSpan.FromHours(20);

    /// <summary>From the order to the release.</summary>
    public async Task LiveAsync()
    {
        run.Table.Begin("The whole life of a license");
        var order = new V1Order(run, run.Now + Term) { Amount = 5 };
        var first = order.ExpiresAt!.Value;
        var bought = await run.CallAsync("getLicense: an order", order.Get(), Expectation.Success.AnInstance().Code(run.Codes, run.Test, first));
        var id = bought.InstanceId;
        await run.StateAsync(id, "Active", first);
        await run.CallAsync("getLicense: the same order, another businessId", order.Get(), Same(bought));

        await run.PassAsync(Term * 0.9);
        var renewal = run.NewOrderId();
        await run.CallAsync("refreshLicense: renewed for a year", order.Refresh(id, first + Year, renewal), Expectation.Success);
        await run.StateAsync(id, "Active", first + Year);
        await run.CallAsync("refreshLicense: the same renewal once more", order.Refresh(id, first + Year, renewal), Expectation.Success);
        await run.CallAsync("getLicense: the code is the renewed one", order.Get(), Expectation.Success.Instance(id).Code(run.Codes, run.Test, first + Year));

        await run.CallAsync("refreshLicense: the renewal is refunded", order.Refresh(id, first), Expectation.Success);
        await run.StateAsync(id, "Active", first);
        await run.CallAsync("getLicense: the code ends as before", order.Get(), Expectation.Success.Instance(id).Code(run.Codes, run.Test, first));

        await run.PassUntilAsync(first);
        if (run.Lapses)
        {
            await run.StateAsync(id, "Frozen", first);
        }

        await run.CallAsync("expireLicense: the term is over, frozen", order.Expire(id), Expectation.Success);
        await run.StateAsync(id, "Frozen", first);
        await run.CallAsync("expireLicense: once more", order.Expire(id), Expectation.Success);

        await run.PassAsync(TimeSpan.FromDays(10));
        var second = first + Year;
        await run.CallAsync("refreshLicense: renewed in the retention, thawed", order.Refresh(id, second), Expectation.Success);
        await run.StateAsync(id, "Active", second);
        await run.CallAsync("getLicense: the code is good again", order.Get(), Expectation.Success.Instance(id).Code(run.Codes, run.Test, second));

        if (run.Lapses)
        {
            await run.PassUntilAsync(second);
            await run.CallAsync("expireLicense: the second term is over", order.Expire(id), Expectation.Success);
            await run.StateAsync(id, "Frozen", second);
            await run.PassAsync(TimeSpan.FromDays(15));
            await run.StateAsync(id, "Released", second);
        }

        await run.CallAsync("releaseLicense: gone", order.Release(id), Expectation.Success);
        await run.StateAsync(id, "Released", second);
        await CallLateAsync(order, id, second);
    }

    /// <summary>An order that is repeated hourly, and by many at once.</summary>
    public async Task StormAsync()
    {
        const int Callers = 16;

        run.Table.Begin("The marketplace repeats an order: hourly for 3 hours, then 重新启动");
        var order = new V1Order(run, run.Now + Year);
        var bought = await run.CallAsync("getLicense: an order, its answer is lost", order.Get(), Expectation.Success.AnInstance().Code(run.Codes, run.Test, order.ExpiresAt));
        for (var hour = 1; hour <= 3; hour++)
        {
            await run.PassAsync(TimeSpan.FromHours(1));
            await run.CallAsync($"getLicense: repeated after {hour} h", order.Get(), Same(bought));
        }

        await run.PassAsync(TimeSpan.FromDays(1));
        await run.CallAsync("getLicense: restarted by hand the day after", order.Get(), Same(bought));

        var another = new V1Order(run, run.Now + Year);
        var replies = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => run.Caller.SendAsync(another.Get())));
        foreach (var (number, reply) in replies.Index())
        {
            run.Add($"getLicense: {Callers} calls at once for one order, call {number + 1}", reply, number == 0 ? Expectation.Success.AnInstance() : Same(replies[0]));
        }
    }

    /// <summary>What is sold once and for all, and in pieces.</summary>
    public async Task SellOnceAsync()
    {
        run.Table.Begin("Bought once and for all");
        var order = new V1Order(run, expiresAt: null) { Amount = 250 };
        if (run.Service is null)
        {
            // A product may have a default period: then it has an end, and only the service knows which.
            var reply = await run.CallAsync("getLicense: without expireTime", order.Get(), Expectation.Success.AnInstance());
            await run.CallAsync("getLicense: repeated", order.Get(), Same(reply));
            return;
        }

        var bought = await run.CallAsync("getLicense: without expireTime, 250 pieces", order.Get(), Expectation.Success.AnInstance().Code(run.Codes, run.Test, null));
        await run.StateAsync(bought.InstanceId, "Active", null);
        await run.CallAsync("getLicense: repeated", order.Get(), Same(bought));
        await run.CallAsync("refreshLicense: a date, kept as a conflict", order.Refresh(bought.InstanceId, run.Now + Year), Expectation.Success);
        await run.StateAsync(bought.InstanceId, "Active", null);
    }

    /// <summary>Refresh, expire and release are called once; a failed one is sent again by hand, days later.</summary>
    public async Task RestartAsync()
    {
        run.Table.Begin("Called once, then restarted by hand");
        var (order, id, end) = await BuyAsync(Year);
        var renewal = run.NewOrderId();
        var later = end + Year;
        await run.CallAsync("refreshLicense: its answer is lost", order.Refresh(id, later, renewal), Expectation.Success);
        await run.PassAsync(TimeSpan.FromDays(2));
        await run.CallAsync("refreshLicense: restarted two days later", order.Refresh(id, later, renewal), Expectation.Success);
        await run.StateAsync(id, "Active", later);
        await run.CallAsync("expireLicense: of the old term, kept as a conflict", order.Expire(id), Expectation.Success);
        await run.StateAsync(id, "Active", later);
        await run.CallAsync("releaseLicense: its answer is lost", order.Release(id), Expectation.Success);
        await run.PassAsync(TimeSpan.FromDays(1));
        await run.CallAsync("releaseLicense: restarted", order.Release(id), Expectation.Success);
        await run.StateAsync(id, "Released", later);
    }

    /// <summary>A trial becomes formal.</summary>
    public async Task FormaliseAsync()
    {
        run.Table.Begin("A trial becomes formal");
        var (order, id, _) = await BuyAsync(TimeSpan.FromDays(15));
        var formal = V1Order.Cut(run.Now + Year);
        await run.CallAsync("refreshLicense: bought after the trial", order.Refresh(id, formal), Expectation.Success);
        await run.StateAsync(id, "Active", formal);
        await run.CallAsync("getLicense: the code is the formal one", order.Get(), Expectation.Success.Instance(id).Code(run.Codes, run.Test, formal));
    }

    /// <summary>Calls that overtake each other, and calls that come twice.</summary>
    public async Task ReorderAsync()
    {
        run.Table.Begin("In another order, and twice");
        var (order, id, end) = await BuyAsync(Year);
        var third = end + Year + Year;
        await run.CallAsync("refreshLicense: the third year before the second", order.Refresh(id, third), Expectation.Success);
        await run.CallAsync("refreshLicense: the second year, which would take away", order.Refresh(id, end + Year), Expectation.Success);
        await run.StateAsync(id, "Active", third);

        var fourth = third + Year;
        var renewal = order.Refresh(id, fourth);
        await run.CallAsync("refreshLicense: the fourth year", renewal, Expectation.Success);
        await run.CallAsync("refreshLicense: byte for byte the same", renewal, Expectation.Success);
        await run.CallAsync("refreshLicense: the fourth year is refunded", order.Refresh(id, third), Expectation.Success);
        await run.CallAsync("refreshLicense: the refunded renewal, byte for byte", renewal, Expectation.Success);
        await run.StateAsync(id, "Active", third);

        var purchase = order.Get();
        var reply = await run.CallAsync("getLicense: the order", purchase, Expectation.Success.Instance(id).Code(run.Codes, run.Test, third));
        await run.CallAsync("getLicense: byte for byte the same", purchase, Same(reply));
    }

    /// <summary>Callers that are not the marketplace, and a marketplace whose clock is off.</summary>
    public async Task MistrustAsync()
    {
        run.Table.Begin("Signatures and clocks");
        var (order, id, end) = await BuyAsync(Year);
        await run.CallAsync("getLicense: signed with another key", run.Stranger.V1(new V1Order(run, end).GetParameters()), Expectation.Unauthenticated);
        await run.CallAsync("getLicense: changed after it was signed", Changed(order.Get()), Expectation.Unauthenticated);
        await run.CallAsync("getLicense: without authToken", Cut(order.Get(), AuthToken.Parameter), Expectation.Unauthenticated);
        await run.CallAsync("getLicense: without timeStamp", Cut(order.Get(), AuthToken.TimeStamp), Expectation.Unauthenticated);
        await run.CallAsync(
            "releaseLicense: signed with another key",
            run.Stranger.V1([new("activity", "releaseLicense"), new("orderId", order.OrderId), new("instanceId", id), new("testFlag", "1")]),
            Expectation.Unauthenticated);
        await run.StateAsync(id, "Active", end);

        // V1 publishes no window: what is restarted by hand may be old.
        await run.CallAsync("getLicense: the marketplace's clock is 2 minutes ahead", order.Get(TimeSpan.FromMinutes(2)), Expectation.Success.Instance(id));
        await run.CallAsync("getLicense: the marketplace's clock is 2 minutes behind", order.Get(TimeSpan.FromMinutes(-2)), Expectation.Success.Instance(id));
        await run.CallAsync("getLicense: signed yesterday", order.Get(TimeSpan.FromDays(-1)), Expectation.Success.Instance(id));

        await run.CallAsync("an activity that there is not", run.Signer.V1([new("activity", "simulate"), new("testFlag", "1")]), Expectation.Of("000002"));
        if (run.Service is not null)
        {
            await RefuseAsync(order);
        }
    }

    /// <summary>The saved debug cases, morning and afternoon. Five days of failures would hide the product.</summary>
    public async Task ReplayDebugCasesAsync()
    {
        run.Table.Begin("The dial test: saved debug cases, twice a day for 30 days");
        var saved = new V1Order(run, run.Now + Year) { IsTest = true };
        var renewal = run.NewOrderId();
        string? id = null;
        for (var replay = 1; replay <= 60; replay++)
        {
            var when = $"day {(replay + 1) / 2}, {(replay % 2 == 1 ? "morning" : "afternoon")}";
            var expected = Expectation.Success.Code(run.Codes, test: true, saved.ExpiresAt);
            var bought = await run.CallAsync($"getLicense: {when}", saved.Get(), id is null ? expected.AnInstance() : expected.Instance(id));
            id ??= bought.InstanceId;
            await run.CallAsync($"refreshLicense: {when}", saved.Refresh(id, saved.ExpiresAt!.Value + Year, renewal), Expectation.Success);
            await run.CallAsync($"expireLicense: {when}", saved.Expire(id), Expectation.Success);
            await run.CallAsync($"releaseLicense: {when}", saved.Release(id), Expectation.Success);
            await run.PassAsync(TimeSpan.FromHours(12));
        }
    }

    // What is refused for a reason, and kept: at another service it would be told to its operators.
    private async Task RefuseAsync(V1Order order)
    {
        await run.CallAsync("getLicense: without an order id", run.Signer.V1(order.GetParameters().Where(static each => each.Key != "orderId")), Expectation.Of("000002"));
        await run.CallAsync("getLicense: a product that is not sold", new V1Order(run, run.Now + Year) { ProductId = "NOTSOLD" }.Get(), Expectation.Of("000002"));
        await run.CallAsync(
            "getLicense: an expireTime that is none",
            run.Signer.V1(order.GetParameters().Select(static each => each.Key == "expireTime" ? new("expireTime", "20271399000000") : each)),
            Expectation.Of("000002"));
        await run.CallAsync("refreshLicense: an instance that there is not", order.Refresh("lic_01ARZ3NDEKTSV4RRFFQ69G5FAV", run.Now + Year), Expectation.Of("000003"));
    }

    // Calls that come when everything is over.
    private async Task CallLateAsync(V1Order order, string? id, DateTimeOffset end)
    {
        await run.CallAsync("expireLicense: late, after the release", order.Expire(id), Expectation.Success);
        await run.CallAsync("releaseLicense: late, once more", order.Release(id), Expectation.Success);
        await run.StateAsync(id, "Released", end);
        await run.CallAsync(
            run.Test ? "getLicense: late, on a test license a new round" : "getLicense: late, the order is known",
            order.Get(), Expectation.Success.Instance(id));
        await run.CallAsync("refreshLicense: late, paid for what is gone", order.Refresh(id, end + Year), run.WhereOver("000003"));
    }

    private async Task<(V1Order Order, string Id, DateTimeOffset End)> BuyAsync(TimeSpan term)
    {
        var order = new V1Order(run, run.Now + term);
        var bought = await run.CallAsync("getLicense: an order", order.Get(), Expectation.Success.AnInstance().Code(run.Codes, run.Test, order.ExpiresAt));
        return (order, bought.InstanceId ?? "", order.ExpiresAt!.Value);
    }

    private static Expectation Same(Reply earlier) => Expectation.Success.Instance(earlier.InstanceId).SameCode(earlier);

    private static MarketplaceRequest Changed(MarketplaceRequest request) => request with { Query = request.Query.Replace("&amount=", "&amount=9", StringComparison.Ordinal) };

    private static MarketplaceRequest Cut(MarketplaceRequest request, string name) =>
        request with { Query = string.Join('&', request.Query.Split('&').Where(each => !each.StartsWith(name + "=", StringComparison.Ordinal))) };
}
