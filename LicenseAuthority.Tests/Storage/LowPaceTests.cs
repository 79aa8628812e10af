using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Storage;

internal sealed class LowPaceTests : StorageFixture
{
    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task Low_NobodyElseWrites_NoPause()
    {
        await using var database = Open(_time);

        for (var id = 1; id <= 3; id++)
        {
            await WriteLowAsync(database, id, TimeSpan.FromMilliseconds(4));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(StoredIds(database), Has.Count.EqualTo(3));
            Assert.That(((IDatabase)database).IsContended, Is.False);
        }
    }

    [Test]
    public async Task Low_AfterALowWriteBesideANormalOne_PausesThreeTimesItsLength()
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        await WriteLowAsync(database, 2, TimeSpan.FromMilliseconds(2));

        var next = WriteLowAsync(database, 3, TimeSpan.Zero);
        _time.Advance(TimeSpan.FromMilliseconds(5));
        // Whatever was handed in before it would have been stored by now.
        await database.Writer.RunAsync(static session => Insert(session, 4));
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2, 4 }));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await next;

        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2, 3, 4 }));
    }

    // A reissue draws a block of entries for each 1,024 codes, and made room for itself: it ran at a fifth of its speed.
    [Test]
    public async Task Low_OnlyTheServicesOwnUpkeepBesideIt_NoPause()
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1), WritePriority.Upkeep);
        await WriteLowAsync(database, 2, TimeSpan.FromMilliseconds(2));

        await WriteLowAsync(database, 3, TimeSpan.Zero).WaitAsync(Patience.Length);

        Assert.That(((IDatabase)database).IsContended, Is.False);
    }

    [Test]
    public async Task Contention_EndsASecondAfterTheLastNormalWrite()
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        await WriteLowAsync(database, 2, TimeSpan.Zero);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        var stillExpected = ((IDatabase)database).IsContended;
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That((stillExpected, ((IDatabase)database).IsContended), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task Low_CancelledInItsPause_IsNotWritten()
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        await WriteLowAsync(database, 2, TimeSpan.FromMilliseconds(2));
        using var stop = new CancellationTokenSource();

        var next = WriteLowAsync(database, 3, TimeSpan.Zero, stop.Token);
        await stop.CancelAsync();

        Assert.That(async () => await next, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2 }));
    }

    // Low writes stood still for three times a night's sleep, and a test run for ever.
    [Test]
    public async Task Low_TheMachineSleptBesideAWrite_NoPause()
    {
        await using var database = Open(_time, new SqliteWriterLimits { MaxOutcomeTime = TimeSpan.FromDays(30) });
        await database.Writer.RunAsync(static session => Insert(session, 1));
        await WriteLowAsync(database, 2, TimeSpan.FromHours(8));

        await WriteLowAsync(database, 3, TimeSpan.Zero).WaitAsync(Patience.Length);

        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2, 3 }));
    }

    private Task<int> WriteLowAsync(SqliteDatabase database, int id, TimeSpan length, CancellationToken cancellationToken = default) =>
        ((IDatabase)database).WriteAsync(
            session =>
            {
                _time.Advance(length);
                return ValueTask.FromResult(Insert((SqliteWriteSession)session, id));
            },
            WritePriority.Low,
            cancellationToken);
}
