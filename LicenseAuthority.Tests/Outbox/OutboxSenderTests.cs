using LicenseAuthority.Outbox;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Outbox;

/// <summary>What a sender of its own kind can have done with a message: refused for good, tried at its own pace, parked when its destination is gone.</summary>
[OnEveryDatabase]
internal sealed class OutboxSenderTests
{
    private StubSender _sender = null!;
    private LicenseAuthorityApplication _app = null!;

    private OutboxDispatcher Dispatcher => _app.Services.GetRequiredService<OutboxDispatcher>();

    private IOutboxStore Store => _app.Services.GetRequiredService<IOutboxStore>();

    [SetUp]
    public async Task StartAsync()
    {
        _sender = new StubSender { Ids = ["one", "two"] };
        _app = await LicenseAuthorityApplication.StartAsync(["Outbox:Enabled=false", "Expiry:Enabled=false"], builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton(new Backoff(static () => 0.5)));
            builder.Services.AddSingleton<IOutboxSender>(_sender);
            builder.Services.AddSingleton<IOutboxSource>(_sender);
        });
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task Refused_IsParkedAtOnce_AndTheOthersGoOnFourAtATime()
    {
        for (var i = 0; i < 6; i++)
        {
            await SoldLicense.BuyAsync(_app);
        }

        _sender.Answer = static (_, nth) => nth == 1 ? new SendResult(SendOutcome.Refused, 200, "the code is no license", "91381037") : new SendResult(SendOutcome.Delivered, 200, null);
        var begun = new List<int>();
        while (await Dispatcher.DispatchAsync(CancellationToken.None) is var count and > 0)
        {
            begun.Add(count);
            await Dispatcher.WhenIdleAsync();
        }

        var parked = (await ListAsync("one", MessageStatus.DeadLettered)).Concat(await ListAsync("two", MessageStatus.DeadLettered)).Single();
        Assert.That((parked.LastError, parked.LastAnswer, parked.Attempts), Is.EqualTo(("the code is no license", "91381037", 1)));
        Assert.That(_sender.Sent, Has.Count.EqualTo(12).And.Unique);
        Assert.That(begun, Is.EqualTo([8, 4]), "a refusal is an answer: the destination does not count as failing");
    }

    [Test]
    public async Task Failed_IsTriedAgainAtTheSendersPace()
    {
        _sender.Ids = ["one"];
        _sender.Answer = static (_, _) => new SendResult(SendOutcome.Failed, null, "no connection");
        await SoldLicense.BuyAsync(_app);

        // 1 s, then 7 s each.
        int[] expected = [1, 1, 1, 2, 2, 3];
        int[] afterSeconds = [0, 0, 0, 1, 6, 1];
        var seen = new List<int>();
        foreach (var seconds in afterSeconds)
        {
            _app.Time.Advance(TimeSpan.FromSeconds(seconds));
            await SendAsync();
            seen.Add(_sender.Sent.Count);
        }

        Assert.That(seen, Is.EqualTo(expected));
    }

    // A receiver that refuses what it has already must be told from one that has nothing.
    [Test]
    public async Task LostAnswers_AreCountedOverAttempts_AndThoseThatAreKnownAreNot()
    {
        _sender.Ids = ["one"];
        var seen = new List<int>();
        _sender.Answer = (message, nth) =>
        {
            seen.Add(message.LostAnswers);
            return new SendResult(SendOutcome.Failed, nth == 2 ? 500 : null, "failed") { IsAnswerLost = nth == 3 };
        };
        await SoldLicense.BuyAsync(_app);
        for (var i = 0; i < 4; i++)
        {
            await SendAsync();
            _app.Time.Advance(TimeSpan.FromSeconds(10));
        }

        // The node dies while it sends.
        var now = _app.Time.GetUtcNow();
        await Store.ClaimAsync(StubSender.DestinationKind, "one", 1, now, now.AddSeconds(1), CancellationToken.None);
        _app.Time.Advance(TimeSpan.FromSeconds(10));
        await SendAsync();

        Assert.That(seen, Is.EqualTo([0, 0, 0, 1, 2]));
    }

    [Test]
    public async Task DestinationNoLongerConfigured_IsParkedWithThatReason_AfterAnHour()
    {
        await SoldLicense.BuyAsync(_app);
        _sender.Ids = ["two"];
        await SendAsync();
        _app.Time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        await Dispatcher.TidyAsync(CancellationToken.None);
        var before = await ListAsync("one", MessageStatus.Pending);

        _app.Time.Advance(TimeSpan.FromSeconds(1));
        await Dispatcher.TidyAsync(CancellationToken.None);

        Assert.That(before, Has.Count.EqualTo(1), "another node may know it");
        Assert.That((await ListAsync("one", MessageStatus.DeadLettered)).Single().LastError, Is.EqualTo("the destination is no longer configured"));
        Assert.That(await ListAsync("two", MessageStatus.Delivered), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task DestinationNoLongerConfigured_WhatItFailedWithStaysToRead_AndItIsSentWhenItIsBack()
    {
        _sender.Ids = ["one"];
        _sender.Answer = static (_, _) => new SendResult(SendOutcome.Failed, null, "no connection");
        await SoldLicense.BuyAsync(_app);
        await SendAsync();
        _sender.Ids = [];
        _app.Time.Advance(TimeSpan.FromHours(2));
        await Dispatcher.TidyAsync(CancellationToken.None);
        var parked = (await ListAsync("one", MessageStatus.DeadLettered)).Single();

        _sender.Ids = ["one"];
        _sender.Answer = static (_, _) => new SendResult(SendOutcome.Delivered, 200, null);
        await Store.ResendAsync(StubSender.DestinationKind, "one", parked.Id, _app.Time.GetUtcNow(), CancellationToken.None);
        await SendAsync();

        Assert.That(parked.LastError, Is.EqualTo("no connection; the destination is no longer configured"));
        Assert.That(await ListAsync("one", MessageStatus.Delivered), Has.Count.EqualTo(1));
    }

    private async Task SendAsync()
    {
        while (await Dispatcher.DispatchAsync(CancellationToken.None) > 0)
        {
            await Dispatcher.WhenIdleAsync();
        }
    }

    private async Task<IReadOnlyList<MessageRecord>> ListAsync(string destination, MessageStatus status) =>
        await Store.ListAsync(StubSender.DestinationKind, destination, status, long.MaxValue, 100, CancellationToken.None);
}
