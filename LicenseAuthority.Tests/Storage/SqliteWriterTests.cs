using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Storage;

internal sealed class SqliteWriterTests : StorageFixture
{
    [Test]
    public async Task RunAsync_Success_ReturnsWhatTheWorkReturned()
    {
        await using var database = Open();

        var changed = await database.Writer.RunAsync(static session => Insert(session, 7));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(changed, Is.EqualTo(1));
            Assert.That(StoredIds(database), Is.EqualTo(new long[] { 7 }));
        }
    }

    [Test]
    public async Task RunAsync_ListenerFailsAfterTheCommit_TheWriteHasSucceededAllTheSame()
    {
        await using var database = Open();
        var told = new List<int>();
        database.Writer.Committed += items =>
        {
            told.Add(items);
            throw new InvalidOperationException("A listener that fails.");
        };

        var changed = await database.Writer.RunAsync(static session => Insert(session, 7));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(changed, Is.EqualTo(1));
            Assert.That(told, Is.EqualTo((List<int>)[1]));
            Assert.That(StoredIds(database), Is.EqualTo(new long[] { 7 }));
        }
    }

    [Test]
    public async Task RunAsync_ThousandConcurrentWrites_AllStoredInFewerCommits()
    {
        await using var database = Open(TimeProvider.System);
        using var block = new WriterBlock(database.Writer);
        var writes = Enumerable.Range(1, 1_000)
            .Select(id => Task.Run(() => database.Writer.RunAsync(session => Insert(session, id))))
            .ToArray();
        block.Release();

        await Task.WhenAll(writes);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(StoredIds(database), Is.EqualTo(Enumerable.Range(1, 1_000).Select(static id => (long)id)));
            Assert.That(database.Writer.Items, Is.EqualTo(1_001));
            Assert.That(database.Writer.Commits, Is.LessThan(database.Writer.Items));
            Assert.That(database.Writer.Replays, Is.Zero);
            Assert.That(database.Writer.BusyTicks, Is.Positive);
            Assert.That(database.Writer.QueueLength, Is.Zero);
        }
    }

    [Test]
    public async Task RunAsync_MoreThanABatchWaits_BatchesAreCapped()
    {
        await using var database = Open(new FakeTimeProvider(), new SqliteWriterLimits { MaxBatchItems = 4 });
        using var block = new WriterBlock(database.Writer);
        var writes = Enumerable.Range(1, 11).Select(id => database.Writer.RunAsync(session => Insert(session, id))).ToArray();
        block.Release();

        await Task.WhenAll(writes);

        // The blocking write and eleven: three full batches.
        Assert.That(database.Writer.Commits, Is.EqualTo(3));
    }

    [Test]
    public async Task RunAsync_BatchHasTakenItsTime_TakesNoFurtherWrite()
    {
        var time = new FakeTimeProvider();
        await using var database = Open(time);
        using var block = new WriterBlock(database.Writer);
        var writes = Enumerable.Range(1, 3).Select(id => database.Writer.RunAsync(session =>
        {
            time.Advance(TimeSpan.FromMilliseconds(3));
            return Insert(session, id);
        })).ToArray();
        block.Release();

        await Task.WhenAll(writes);

        // 3 ms, 6 ms: over; the third write goes into a batch of its own.
        Assert.That(database.Writer.Commits, Is.EqualTo(2));
    }

    [Test]
    public async Task RunAsync_QueueFull_BusyAtOnce()
    {
        await using var database = Open(limits: new SqliteWriterLimits { QueueCapacity = 2 });
        using var block = new WriterBlock(database.Writer);
        var waiting = Enumerable.Range(1, 2).Select(id => database.Writer.RunAsync(session => Insert(session, id))).ToArray();

        var oneTooMany = database.Writer.RunAsync(static session => Insert(session, 3));

        Assert.That(oneTooMany.Exception?.InnerException, Is.TypeOf<StoreBusyException>().With.Property(nameof(StoreBusyException.OutcomeUnknown)).False);
        block.Release();
        await Task.WhenAll(waiting);
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public async Task RunAsync_WaitsThreeSeconds_BusyAndNeverRun()
    {
        var time = new FakeTimeProvider();
        await using var database = Open(time);
        using var block = new WriterBlock(database.Writer);
        var early = database.Writer.RunAsync(static session => Insert(session, 1));
        time.Advance(TimeSpan.FromSeconds(2));
        var late = database.Writer.RunAsync(static session => Insert(session, 2));

        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.That(early.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(early.Exception?.InnerException, Is.TypeOf<StoreBusyException>().With.Property(nameof(StoreBusyException.OutcomeUnknown)).False);
        block.Release();
        await late;
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public async Task RunAsync_EachWaitsThreeSeconds_TheWatchdogIsSetAgain()
    {
        var time = new FakeTimeProvider();
        await using var database = Open(time);
        using var block = new WriterBlock(database.Writer);
        var first = database.Writer.RunAsync(static session => Insert(session, 1));
        time.Advance(TimeSpan.FromSeconds(1));
        var second = database.Writer.RunAsync(static session => Insert(session, 2), WritePriority.Low);

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.That((first.IsFaulted, second.IsFaulted), Is.EqualTo((true, false)));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(second.Exception?.InnerException, Is.TypeOf<StoreBusyException>());
    }

    [Test]
    public async Task RunAsync_RunningWriteDoesNotEnd_CallerIsToldThatTheOutcomeIsUnknown()
    {
        var time = new FakeTimeProvider();
        await using var database = Open(time);
        using var hangs = new ManualResetEventSlim();
        using var started = new ManualResetEventSlim();
        var write = database.Writer.RunAsync(session =>
        {
            started.Set();
            hangs.Wait();
            return Insert(session, 1);
        });
        Assert.That(started.Wait(Patience.Length), Is.True);

        time.Advance(TimeSpan.FromSeconds(9.999));
        Assert.That(write.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.That(write.Exception?.InnerException, Is.TypeOf<StoreBusyException>().With.Property(nameof(StoreBusyException.OutcomeUnknown)).True);
        hangs.Set();
        await database.Writer.RunAsync(static session => Insert(session, 2));
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2 }), "what was answered with 'unknown' may be stored");
    }

    [Test]
    public async Task RunAsync_TheMachineSleptBesideWrites_TheyEndAndTheDiskIsNotBlamed()
    {
        var time = new FakeTimeProvider();
        await using var database = Open(time);
        using var block = new WriterBlock(database.Writer);
        var waiting = database.Writer.RunAsync(static session => Insert(session, 1));

        time.Advance(TimeSpan.FromDays(2));

        Assert.That((waiting.IsCompleted, database.State.Fault), Is.EqualTo((false, (string?)null)));
        block.Release();
        await waiting;
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1 }));
    }

    [Test]
    public async Task RunAsync_CancelledWhileQueued_CancelledAndNeverRun()
    {
        await using var database = Open();
        using var block = new WriterBlock(database.Writer);
        using var cancellation = new CancellationTokenSource();
        var cancelled = database.Writer.RunAsync(static session => Insert(session, 1), cancellationToken: cancellation.Token);
        var other = database.Writer.RunAsync(static session => Insert(session, 2));

        await cancellation.CancelAsync();

        Assert.That(cancelled.IsCanceled, Is.True);
        block.Release();
        await other;
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public async Task RunAsync_CancelledBefore_CancelledAndNeverRun()
    {
        await using var database = Open();

        var write = database.Writer.RunAsync(static session => Insert(session, 1), cancellationToken: new CancellationToken(canceled: true));

        Assert.That(write.IsCanceled, Is.True);
        await database.Writer.RunAsync(static session => Insert(session, 2));
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 2 }));
    }

    [Test]
    public async Task RunAsync_CancelledWhileRunning_RunsToItsEnd()
    {
        await using var database = Open();
        using var cancellation = new CancellationTokenSource();

        var changed = await database.Writer.RunAsync(
            session =>
            {
                cancellation.Cancel();
                return Insert(session, 1);
            },
            cancellationToken: cancellation.Token);

        Assert.That(changed, Is.EqualTo(1));
    }

    [Test]
    public async Task RunAsync_CancelledAtAnyMoment_StoredExactlyWhereNotCancelled()
    {
        await using var database = Open();
        var stored = new List<long>();
        for (var round = 0; round < 20; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var writes = Enumerable.Range(round * 100, 100)
                .ToDictionary(static id => (long)id, id => database.Writer.RunAsync(session => Insert(session, id), cancellationToken: cancellation.Token));
            await cancellation.CancelAsync();
            await Task.WhenAll(writes.Values).ContinueWith(static _ => { }, TaskScheduler.Default);
            Assert.That(writes.Values, Is.All.Matches<Task>(static write => write is { IsCompletedSuccessfully: true } or { IsCanceled: true }));
            stored.AddRange(writes.Where(static write => write.Value.IsCompletedSuccessfully).Select(static write => write.Key));
        }

        Assert.That(StoredIds(database), Is.EqualTo(stored));
    }

    [Test]
    public async Task RunAsync_LowPriorityHandedInFirst_NormalGoesFirst()
    {
        await using var database = Open(new FakeTimeProvider());
        var order = new List<string>();
        using var block = new WriterBlock(database.Writer);
        var writes = new[]
        {
            Note(database, order, "low 1", WritePriority.Low),
            Note(database, order, "low 2", WritePriority.Low),
            Note(database, order, "normal 1", WritePriority.Normal),
            Note(database, order, "normal 2", WritePriority.Normal),
        };
        block.Release();

        await Task.WhenAll(writes);

        Assert.That(string.Join(", ", order), Is.EqualTo("normal 1, normal 2, low 1, low 2"));
    }

    [Test]
    public async Task RunAsync_NormalNeverEnds_LowIsNotStarved()
    {
        await using var database = Open(new FakeTimeProvider(), new SqliteWriterLimits { NormalWritesPerLowWrite = 3 });
        var order = new List<string>();
        using var block = new WriterBlock(database.Writer);
        var writes = new List<Task<int>> { Note(database, order, "low", WritePriority.Low) };
        writes.AddRange(Enumerable.Range(1, 5).Select(i => Note(database, order, $"normal {i}", WritePriority.Normal)));
        block.Release();

        await Task.WhenAll(writes);

        Assert.That(string.Join(", ", order), Is.EqualTo("normal 1, normal 2, normal 3, low, normal 4, normal 5"));
    }

    [Test]
    public async Task RunAsync_ReadInTheSameBatch_SeesWhatWasWrittenBefore()
    {
        await using var database = Open(new FakeTimeProvider());
        using var block = new WriterBlock(database.Writer);
        var write = database.Writer.RunAsync(static session => Insert(session, 1));
        var read = database.Writer.RunAsync(static session => session.Prepared(SelectIds).QuerySingleOrDefault(static row => row.GetInt64OrNull(0)));
        block.Release();

        await write;

        Assert.That(await read, Is.EqualTo(1));
    }

    [Test]
    public async Task DisposeAsync_WritesWait_TheyAreFinished()
    {
        Task<int>[] writes;
        await using (var database = Open())
        {
            using var block = new WriterBlock(database.Writer);
            writes = Enumerable.Range(1, 10).Select(id => database.Writer.RunAsync(session => Insert(session, id))).ToArray();
        }

        Assert.That(writes, Is.All.Property(nameof(Task.IsCompletedSuccessfully)).True);
        await using var again = Open();
        Assert.That(StoredIds(again), Has.Count.EqualTo(10));
    }

    [Test]
    public async Task RunAsync_AfterDisposal_ObjectDisposed()
    {
        var database = Open();
        await database.DisposeAsync();

        Assert.That(() => database.Writer.RunAsync(static session => Insert(session, 1)), Throws.TypeOf<ObjectDisposedException>());
    }

    private static Task<int> Note(SqliteDatabase database, List<string> order, string name, WritePriority priority)
    {
        return database.Writer.RunAsync(
            _ =>
            {
                order.Add(name);
                return 0;
            },
            priority);
    }
}
