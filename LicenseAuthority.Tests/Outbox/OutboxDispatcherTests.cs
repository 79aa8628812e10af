using System.Net;
using System.Text.Json;
using LicenseAuthority.Licensing;
using LicenseAuthority.Outbox;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Outbox;

/// <summary>Order, giving up, sending again, several nodes, and nodes that die.</summary>
[OnEveryDatabase]
internal sealed class OutboxDispatcherTests : WebhookTests
{
    private IOutboxStore Store => App.Services.GetRequiredService<IOutboxStore>();

    [Test]
    public async Task Order_EarlierEventFails_LaterOnesOfTheLicenseWait_OthersDoNot()
    {
        await SubscribedIdAsync("license.issued", "license.frozen", "license.unfrozen");
        var first = await SoldLicense.BuyAsync(App);
        Receiver.Answer = context => WebhookReceiver.With(Receiver.Received.Last().LicenseId == first.Id ? 500 : 204)(context);
        await first.CommandAsync("freeze");
        await first.CommandAsync("unfreeze");
        await SendAsync();
        var second = await SoldLicense.BuyAsync(App);
        await SendAsync();
        var whileFailing = Receiver.Received.Select(received => $"{received.Type} {received.LicenseId}").ToList();
        Receiver.Answer = WebhookReceiver.With(204);

        await SendAfterAsync(TimeSpan.FromSeconds(5));

        Assert.That(whileFailing, Is.EqualTo([$"license.issued {first.Id}", $"license.issued {second.Id}"]));
        Assert.That(
            Receiver.Received.Skip(2).Select(received => $"{received.Type} {received.LicenseId}"),
            Is.EqualTo([$"license.issued {first.Id}", $"license.frozen {first.Id}", $"license.unfrozen {first.Id}"]));
    }

    [Test]
    public async Task Failing_ForThreeDays_Parked_AndWhatWaitedBehindItGoesOn()
    {
        var id = await SubscribedIdAsync("license.issued", "license.frozen");
        Receiver.Answer = WebhookReceiver.With(500);
        var license = await SoldLicense.BuyAsync(App);
        await SendAsync();
        App.Time.Advance(TimeSpan.FromHours(1));
        await license.CommandAsync("freeze");
        for (var hours = 1; hours < 72; hours++)
        {
            await SendAfterAsync(TimeSpan.FromHours(1));
        }

        var parked = (await DeliveriesAsync(id, "?status=parked")).Single();
        var attempts = Receiver.Received.Select(received => received.Type).ToList();
        Receiver.Answer = WebhookReceiver.With(204);
        await SendAfterAsync(TimeSpan.FromHours(5));
        Assert.That(parked.GetProperty("parkedAt").GetString(), Is.EqualTo("2026-06-04T00:00:00Z"));
        Assert.That(attempts.Count(type => type == "license.issued"), Is.InRange(18, 26), "attempts in three days");
        Assert.That(App.Logs.Lines, Has.Some.Property("Level").EqualTo(LogLevel.Warning).And.Property("Message").Contains("is dead-lettered"));
        Assert.That((await DeliveriesAsync(id, "?status=delivered")).Single().GetProperty("type").GetString(), Is.EqualTo("license.frozen"));
        Assert.That((await FiguresAsync()).DeadLettered, Is.EqualTo(1));

        var resent = await App.Admin.PostAsync($"webhooks/{id}/deliveries/{parked.GetProperty("id").GetString()}/resend");
        await SendAsync();

        Assert.That(resent.Status, Is.EqualTo(HttpStatusCode.OK), resent.ToString());
        Assert.That(resent.Json.GetProperty("status").GetString(), Is.EqualTo("pending"));
        Assert.That(Receiver.Received.Last().Id, Is.EqualTo(parked.GetProperty("id").GetString()));
        Assert.That(await DeliveriesAsync(id, "?status=delivered"), Has.Count.EqualTo(2));
        Assert.That(await DeliveriesAsync(id, "?status=parked"), Is.Empty);
    }

    [Test]
    public async Task Resend_Delivered_IsSentOnceMore_WithTheSameId()
    {
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        var delivery = (await DeliveryAsync(id)).GetProperty("id").GetString();

        await App.Admin.PostAsync($"webhooks/{id}/deliveries/{delivery}/resend");
        await SendAsync();

        Assert.That(Receiver.Received.Select(received => received.Id), Is.EqualTo([delivery, delivery]));
    }

    [Test]
    public async Task Resend_BeforeItsTime_WhatWaitsBehindItGoesAtOnceToo()
    {
        Receiver.Answer = WebhookReceiver.With(500);
        var id = await SubscribedIdAsync("license.issued", "license.frozen");
        var license = await SoldLicense.BuyAsync(App);
        await license.CommandAsync("freeze");
        for (var i = 0; i < 5; i++)
        {
            await SendAfterAsync(TimeSpan.FromMinutes(10));
        }

        Receiver.Answer = WebhookReceiver.With(204);
        var first = (await DeliveriesAsync(id))[^1].GetProperty("id").GetString();
        await App.Admin.PostAsync($"webhooks/{id}/deliveries/{first}/resend");
        await SendAsync();

        Assert.That(await DeliveriesAsync(id, "?status=delivered"), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Resend_WhileItIsBeingSent_LeavesItAlone()
    {
        Receiver.Answer = WebhookReceiver.HangAsync;
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await Dispatcher.DispatchAsync(CancellationToken.None);
        var received = await Receiver.NextAsync();

        var reply = await App.Admin.PostAsync($"webhooks/{id}/deliveries/{received.Id}/resend");
        var begun = await Dispatcher.DispatchAsync(CancellationToken.None);

        App.Time.Advance(TimeSpan.FromSeconds(15));
        await Dispatcher.WhenIdleAsync();
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(begun, Is.Zero);
        Assert.That(Receiver.Received, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task List_Pages_NewestFirst()
    {
        var id = await SubscribedIdAsync("license.issued");
        for (var i = 0; i < 7; i++)
        {
            await SoldLicense.BuyAsync(App);
            App.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var all = await App.Admin.ListIdsAsync($"webhooks/{id}/deliveries?limit=3");
        var pending = await App.Admin.ListIdsAsync($"webhooks/{id}/deliveries?limit=2&status=pending");

        Assert.That(all, Has.Count.EqualTo(7).And.Ordered.Descending);
        Assert.That(pending, Is.EqualTo(all));
        Assert.That(await DeliveriesAsync(id, "?status=delivered"), Is.Empty);
    }

    [Test]
    public async Task TwoNodes_AtOnce_EachMessageIsSentOnce()
    {
        await SubscribedIdAsync("license.issued", "license.frozen");
        for (var i = 0; i < 20; i++)
        {
            var license = await SoldLicense.BuyAsync(App);
            await license.CommandAsync("freeze");
        }

        using var other = ActivatorUtilities.CreateInstance<OutboxDispatcher>(App.Services);
        await Task.WhenAll(SendAllAsync(Dispatcher), SendAllAsync(other));
        await SendAsync();

        Assert.That(Receiver.Received.Select(received => received.Id).ToList(), Has.Count.EqualTo(40).And.Unique);
        foreach (var ofLicense in Receiver.Received.GroupBy(received => received.LicenseId))
        {
            Assert.That(ofLicense.Select(received => received.Type), Is.EqualTo(["license.issued", "license.frozen"]));
        }
    }

    [Test]
    public async Task NodeDies_AfterItsClaim_AnotherOneSendsWhenTheClaimHasEnded()
    {
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        var now = App.Time.GetUtcNow();
        var claimed = await Store.ClaimAsync(WebhookSender.DestinationKind, id, 10, now, now.AddSeconds(45), CancellationToken.None);

        await SendAfterAsync(TimeSpan.FromSeconds(44));
        Assert.That(Receiver.Received, Is.Empty, "the node may live and be sending");
        await SendAfterAsync(TimeSpan.FromSeconds(1));

        Assert.That(Receiver.Received.Single().Id, Is.EqualTo(claimed.Single().Id));
        Assert.That((await DeliveryAsync(id)).GetProperty("attempts").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task ClockWasAMonthAhead_WhatFailedThenIsTriedAtOnce_InItsOrder()
    {
        var id = await SubscribedIdAsync("license.issued", "license.frozen");
        Receiver.Answer = WebhookReceiver.With(500);
        App.Machine.Shift = TimeSpan.FromDays(30);
        var license = await SoldLicense.BuyAsync(App);
        await license.CommandAsync("freeze");
        await SendAsync();
        Receiver.Answer = WebhookReceiver.With(204);

        // It stayed a month ahead, and health was green.
        App.Machine.Shift = TimeSpan.Zero;
        await SendAsync();

        Assert.That(Receiver.Received.Select(received => received.Type), Is.EqualTo(["license.issued", "license.issued", "license.frozen"]));
        Assert.That((await DeliveriesAsync(id, "?status=pending")), Is.Empty);
    }

    // With a receiver that was down for that minute: all that waited was dead-lettered, and the list of deliveries was emptied.
    [Test]
    public async Task StartWithAClock50DaysAhead_GivesNothingUpAndDeletesNothing()
    {
        var id = await SubscribedIdAsync("license.issued", "license.frozen");
        var license = await SoldLicense.BuyAsync(App);
        await SendAsync();
        Receiver.Answer = WebhookReceiver.With(500);
        await license.CommandAsync("freeze");
        await SendAsync();
        App.Machine.Shift = TimeSpan.FromDays(50);
        await App.RestartAsync();

        await SendAsync();
        await Dispatcher.TidyAsync(CancellationToken.None);
        var again = await Dispatcher.DispatchAsync(CancellationToken.None);
        App.Machine.Shift = TimeSpan.Zero;
        Receiver.Answer = WebhookReceiver.With(204);
        var before = await DeliveriesAsync(id);
        await SendAfterAsync(TimeSpan.FromMinutes(1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(before.Select(each => each.GetProperty("status").GetString()), Is.EqualTo(["pending", "delivered"]));
            Assert.That(again, Is.Zero, "it is not tried without a pause either");
            Assert.That(await DeliveriesAsync(id, "?status=delivered"), Has.Count.EqualTo(2));
        }
    }

    // Less than the longest wait: what was to be tried again after 5 seconds was left for two hours.
    [Test]
    public async Task ClockWasTwoHoursAhead_WhatFailedThenWaitsForItsOwnTimeAndAMinute()
    {
        await SubscribedIdAsync("license.issued");
        Receiver.Answer = WebhookReceiver.With(500);
        App.Machine.Shift = TimeSpan.FromHours(2);
        await App.RestartAsync();
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        Receiver.Answer = WebhookReceiver.With(204);
        App.Machine.Shift = TimeSpan.Zero;
        await SendAfterAsync(TimeSpan.FromSeconds(6));
        var before = Receiver.Received.Count;

        await Dispatcher.TidyAsync(CancellationToken.None);
        await SendAsync();

        Assert.That((before, Receiver.Received.Count), Is.EqualTo((1, 2)));
    }

    // Nodes' clocks are never quite the same.
    [Test]
    public async Task ClockOfAnotherNodeIsSecondsAhead_WaitsAreKept()
    {
        await SubscribedIdAsync("license.issued");
        Receiver.Answer = WebhookReceiver.With(500);
        App.Machine.Shift = TimeSpan.FromSeconds(20);
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        App.Machine.Shift = TimeSpan.Zero;

        await Dispatcher.TidyAsync(CancellationToken.None);
        await SendAsync();

        Assert.That(Receiver.Received, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task ClockWasAMonthAhead_NodeDiedAfterItsClaim_AnotherOneSendsAllTheSame()
    {
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        var ahead = App.Time.GetUtcNow().AddDays(30);

        await Store.ClaimAsync(WebhookSender.DestinationKind, id, 10, ahead, ahead.AddSeconds(45), CancellationToken.None);
        await SendAsync();

        Assert.That(Receiver.Received, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task ClockWasAMonthAhead_ReceiverThatAskedForAPause_IsAskedAgainAfterIt()
    {
        await SubscribedIdAsync("license.issued");
        Receiver.Answer = WebhookReceiver.With(503, "", "Retry-After", "3600");
        App.Machine.Shift = TimeSpan.FromDays(30);
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        Receiver.Answer = WebhookReceiver.With(204);

        App.Machine.Shift = TimeSpan.Zero;
        await SendAsync();
        Assert.That(Receiver.Received, Has.Count.EqualTo(1), "the pause counts, whatever the clock says");
        await SendAfterAsync(TimeSpan.FromHours(1));

        Assert.That(Receiver.Received, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task LostClaim_RecordsNothing()
    {
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        var now = App.Time.GetUtcNow();
        var claimed = (await Store.ClaimAsync(WebhookSender.DestinationKind, id, 10, now, now.AddSeconds(1), CancellationToken.None)).Single();
        App.Time.Advance(TimeSpan.FromSeconds(1));
        now = App.Time.GetUtcNow();
        var later = (await Store.ClaimAsync(WebhookSender.DestinationKind, id, 10, now, now.AddSeconds(60), CancellationToken.None)).Single();
        var failed = new SendResult(SendOutcome.Failed, 500, "the receiver answered 500");

        await Store.FailedAsync(claimed, failed, now, now.AddHours(1), CancellationToken.None);
        await Store.DeadLetteredAsync(claimed, failed, now, CancellationToken.None);
        await Store.DeliveredAsync(claimed, failed, now, CancellationToken.None);
        await Store.ReleaseAsync(claimed, now, CancellationToken.None);
        var untouched = await DeliveryAsync(id);
        await Store.DeliveredAsync(later, new SendResult(SendOutcome.Delivered, 204, null), now, CancellationToken.None);
        await Store.DeadLetteredAsync(later, failed, now, CancellationToken.None);

        Assert.That(untouched.GetProperty("lastAttempt").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That((await DeliveryAsync(id)).GetProperty("status").GetString(), Is.EqualTo("delivered"));
    }

    [Test]
    public async Task Woken_ByTheCommit_SendsWithoutWaitingForTheClock()
    {
        await App.RestartAsync("Outbox:Enabled=true");
        await SubscribedIdAsync("license.issued", "license.revoked");
        var license = await SoldLicense.BuyAsync(App);
        var issued = await Receiver.NextAsync();
        await license.CommandAsync("revoke");

        Assert.That(issued.Type, Is.EqualTo("license.issued"));
        Assert.That((await Receiver.NextAsync()).Type, Is.EqualTo("license.revoked"));
    }

    [Test]
    public async Task Polling_FindsWhatAnotherNodeWrote()
    {
        await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);

        await App.RestartAsync("Outbox:Enabled=true");
        await Receiver.NextAsync();
        var id = (await App.Admin.ListIdsAsync("webhooks")).Single();
        await DeliveredAsync(id);
        App.Change("UPDATE outbox SET delivered_at = NULL");
        var arrived = Receiver.NextAsync();
        while (!arrived.IsCompleted)
        {
            // When the dispatcher looks at its clock nobody can tell.
            App.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(arrived, App.Admin.GetAsync("webhooks"));
        }

        Assert.That(Receiver.Received, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Stop_WhileSending_GivesTheClaimBack_AndTheNextStartSendsAtOnce()
    {
        await App.RestartAsync("Outbox:Enabled=true");
        Receiver.Answer = WebhookReceiver.HangAsync;
        await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        var first = await Receiver.NextAsync();
        Receiver.Answer = WebhookReceiver.With(204);

        await App.RestartAsync("Outbox:Enabled=true");

        Assert.That((await Receiver.NextAsync()).Id, Is.EqualTo(first.Id));
    }

    [Test]
    public async Task Tidy_DeliveredLongAgo_IsDeleted_TheRestStays()
    {
        var id = await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        App.Time.Advance(TimeSpan.FromDays(6));
        await SoldLicense.BuyAsync(App);
        await SendAsync();
        App.Time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        await SoldLicense.BuyAsync(App, call => call.With("expireTime", "20270601155959"));

        await Dispatcher.TidyAsync(CancellationToken.None);

        Assert.That((await DeliveriesAsync(id)).Select(item => item.GetProperty("status").GetString()), Is.EqualTo(["pending", "delivered"]));
    }

    [Test]
    public async Task OtherNode_SeesAChangeOfWebhooksWithinASecond()
    {
        using var other = ActivatorUtilities.CreateInstance<WebhookSubscriptions>(App.Services);
        await other.StartAsync(CancellationToken.None);
        var id = await SubscribedIdAsync("license.issued");
        Assert.That(other.Of(LicenseEventType.Issued.ToWord()), Is.Empty, "what it stores now does not go there");

        using var patience = new CancellationTokenSource(Patience.Length);
        while (other.Of(LicenseEventType.Issued.ToWord()).Count == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            App.Time.Advance(TimeSpan.FromSeconds(1));
            await App.Admin.GetAsync("webhooks");
        }

        await other.StopAsync(CancellationToken.None);
        Assert.That(other.Of(LicenseEventType.Issued.ToWord()).Single().Id, Is.EqualTo(id));
        Assert.That(other.Of(LicenseEventType.Revoked.ToWord()), Is.Empty);
    }

    [Test]
    public async Task Health_BacklogGrowsOld_Degraded()
    {
        Receiver.Answer = WebhookReceiver.With(500);
        await SubscribedIdAsync("license.issued");
        await SoldLicense.BuyAsync(App);
        await SendAfterAsync(TimeSpan.FromMinutes(15));
        var before = await HealthAsync();

        // A report is shared for as long.
        await SendAfterAsync(TimeSpan.FromSeconds(2));

        var after = await HealthAsync();
        Assert.That(before.GetProperty("status").GetString(), Is.EqualTo("Healthy"));
        Assert.That(after.GetProperty("status").GetString(), Is.EqualTo("Degraded"));
        Assert.That(after.GetProperty("description").GetString(), Is.EqualTo("1 messages wait, the oldest for 902 s; 0 are dead-lettered."));
    }

    private async Task<JsonElement> HealthAsync()
    {
        var report = JsonElement.Parse(await App.Client.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
        return report.GetProperty("checks").GetProperty("outbox");
    }

    private async Task<OutboxFigures> FiguresAsync() => await App.Services.GetRequiredService<IOutboxFigures>().ReadAsync(CancellationToken.None);

    private async Task DeliveredAsync(string webhookId)
    {
        using var patience = new CancellationTokenSource(Patience.Length);
        while ((await DeliveriesAsync(webhookId, "?status=delivered")).Count == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static async Task SendAllAsync(OutboxDispatcher dispatcher)
    {
        while (await dispatcher.DispatchAsync(CancellationToken.None) > 0)
        {
            await dispatcher.WhenIdleAsync();
        }
    }
}
