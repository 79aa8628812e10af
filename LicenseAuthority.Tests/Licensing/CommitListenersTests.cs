using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>The one hook after COMMIT: it hears of every event, by calls and by the clock, and harms nobody.</summary>
[OnEveryDatabase]
internal sealed class CommitListenersTests
{
    [Test]
    public async Task Committed_CallsAndSweep_AreAllToldOnceAndInOrder()
    {
        var listener = new Recording();
        await using var app = await StartAsync(listener);
        var license = await SoldLicense.BuyAsync(app);
        await license.BuyAgainAsync();
        await license.CommandAsync("freeze");
        await license.CommandAsync("freeze");
        await license.CommandAsync("unfreeze");
        await license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(40));
        app.Time.Advance(TimeSpan.FromDays(41));
        await Given.SettleDueAsync(app);
        app.Time.Advance(SoldLicense.Grace);
        await Given.SettleDueAsync(app);
        await Given.SettleDueAsync(app);

        string[] expected =
        [
            "license.issued", "license.frozen", "license.unfrozen", "license.renewed", "license.frozen", "license.released",
        ];
        Assert.That(listener.Events.Select(each => each.Type.ToWord()), Is.EqualTo(expected));
        Assert.That(
            listener.Events.Select(each => $"{each.Type.ToWord()} {each.Source.Actor.Split(':')[0]}"),
            Is.EqualTo((await license.EventWordsAsync()).Select(words => words.Split(':')[0])), "what is told is what is stored");
    }

    [Test]
    public async Task Committed_EventsAreTold_AreStoredAlready()
    {
        LicenseAuthorityApplication? app = null;
        long stored = -1;
        var listener = new Recording();
        listener.Then = () => stored = (long)app!.Query("SELECT COUNT(*) FROM events").Single();
        await using (app = await StartAsync(listener))
        {
            await SoldLicense.BuyAsync(app);

            Assert.That(stored, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Committed_ListenerThrows_TheCallIsAnsweredAndTheOthersHear()
    {
        var failing = new Recording { Then = () => throw new InvalidOperationException("the test says so") };
        var other = new Recording();
        await using var app = await StartAsync(failing, other);

        var license = await SoldLicense.BuyAsync(app);
        app.Time.Advance(SoldLicense.Term);
        var settled = await Given.SettleDueAsync(app);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(settled, Is.EqualTo(1));
            Assert.That(await license.StateAsync(), Is.EqualTo("Frozen"));
            Assert.That(failing.Events, Has.Count.EqualTo(2));
            Assert.That(other.Events, Is.EqualTo(failing.Events));
            Assert.That(app.Logs.Lines.Count(line => line.Level == LogLevel.Error && line.Message.Contains(nameof(Recording), StringComparison.Ordinal)), Is.EqualTo(2));
        }
    }

    private static Task<LicenseAuthorityApplication> StartAsync(params ICommitListener[] listeners) => LicenseAuthorityApplication.StartAsync(
        ["Expiry:Enabled=false"],
        builder =>
        {
            foreach (var listener in listeners)
            {
                builder.Services.AddSingleton(listener);
            }
        });

    private sealed class Recording : ICommitListener
    {
        public List<LicenseEvent> Events { get; } = [];

        public Action? Then { get; set; }

        public void Committed(IReadOnlyList<LicenseEvent> events)
        {
            Events.AddRange(events);
            Then?.Invoke();
        }
    }
}
