using LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

internal sealed class OutgoingPaceTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task TryEnter_SoManyASecond_TheOthersInTurnAndNoneLaterThanItMayWait()
    {
        var pace = new OutgoingPace(2, _time);
        var asked = Enumerable.Range(0, 7).Select(_ => pace.TryEnterAsync(2 * Second, CancellationToken.None).AsTask()).ToList();
        List<string> seen = [];
        for (var i = 0; i < 3; i++)
        {
            seen.Add(string.Join(' ', asked.Select(task => task.IsCompleted ? task.Result ? "in" : "out" : "waits")));
            _time.Advance(Second);
            await Task.WhenAll(asked.Take(2 * (i + 2)).Where((_, number) => number < 6));
        }

        Assert.That(seen, Is.EqualTo([
            "in in waits waits waits waits out",
            "in in in in waits waits out",
            "in in in in in in out"]));
    }

    [Test]
    public async Task TryEnter_OneThatWasTurnedAway_HasTakenNobodysTurn()
    {
        var pace = new OutgoingPace(1, _time);
        Assert.That(await pace.TryEnterAsync(TimeSpan.Zero, CancellationToken.None));
        Assert.That(await pace.TryEnterAsync(TimeSpan.Zero, CancellationToken.None), Is.False);
        _time.Advance(Second);

        Assert.That(await pace.TryEnterAsync(TimeSpan.Zero, CancellationToken.None));
    }
}
