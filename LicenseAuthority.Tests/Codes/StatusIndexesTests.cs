using LicenseAuthority.Tests.Support;
using LicenseAuthority.Codes;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Stores;
using Microsoft.Extensions.Configuration;

namespace LicenseAuthority.Tests.Codes;

/// <summary>Entries of status lists, with a real database behind them.</summary>
internal sealed class StatusIndexesTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = TestFolder.Create();

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task NextAsync_ManyAtOnce_NeverRepeats()
    {
        using var database = OpenDatabase();
        var indexes = new StatusIndexes(Blocks(database));

        var taken = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => TakeAsync(indexes, 300))));

        Assert.That(taken.SelectMany(entries => entries), Is.Unique);
    }

    [Test]
    public async Task NextAsync_AfterRestart_NeverRepeats()
    {
        var taken = new List<(long List, int Index)>();
        for (var start = 0; start < 3; start++)
        {
            using var database = OpenDatabase();
            var indexes = new StatusIndexes(Blocks(database));
            taken.AddRange(await TakeAsync(indexes, StatusBlockStore.BlockSize + 5));
        }

        Assert.That(taken, Is.Unique);
        Assert.That(taken.Select(entry => entry.List), Has.All.EqualTo(1));
    }

    [Test]
    public async Task NextAsync_FullList_GoesOnWithTheNext()
    {
        using var database = OpenDatabase();
        var blocks = Blocks(database);
        var indexes = new StatusIndexes(blocks);
        await TakeAsync(indexes, 1);
        await database.Writer.RunAsync(session =>
            session.Prepared("UPDATE status_lists SET drawn = @drawn").Bind(StatusIndexPermutation.Size - StatusBlockStore.BlockSize).Execute());

        // What is left of the first block, and the last block of the list.
        var first = await TakeAsync(indexes, (2 * StatusBlockStore.BlockSize) - 1);
        var second = await TakeAsync(indexes, StatusBlockStore.BlockSize);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Select(entry => entry.List), Has.All.EqualTo(1));
            Assert.That(second.Select(entry => entry.List), Has.All.EqualTo(2));
            Assert.That(first.Concat(second), Is.Unique);
            Assert.That(second.Select(entry => entry.Index), Is.Not.EqualTo(first.Take(StatusBlockStore.BlockSize).Select(entry => entry.Index)));
            Assert.That((await blocks.DrawBlockAsync(default)).PermutationKey, Has.Length.EqualTo(32));
        }
    }

    [Test]
    public async Task NextAsync_DrawFails_IsTriedAgainByTheNextCaller()
    {
        var store = new FailingOnce();
        var indexes = new StatusIndexes(store);

        await Assert.ThatAsync(async () => await indexes.NextAsync(default), Throws.TypeOf<IOException>());
        Assert.That((await indexes.NextAsync(default)).List, Is.EqualTo(7));
    }

    // When the store hung, every caller drew for itself, one after the other, and the last one waited as many time limits as there were callers.
    [Test]
    public async Task NextAsync_ManyWaitForADrawThatFails_AllFailWithThatOne()
    {
        var store = new Pending();
        var indexes = new StatusIndexes(store);
        var waiting = Enumerable.Range(0, 5).Select(_ => indexes.NextAsync(default).AsTask()).ToList();

        store.Drawn.SetException(new StoreBusyException("busy"));

        foreach (var task in waiting)
        {
            await Assert.ThatAsync(() => task, Throws.TypeOf<StoreBusyException>());
        }

        Assert.That(store.Calls, Is.EqualTo(1));
    }

    [Test]
    public async Task NextAsync_ManyWaitForADraw_ShareItsBlock()
    {
        var store = new Pending();
        var indexes = new StatusIndexes(store);
        var waiting = Enumerable.Range(0, 5).Select(_ => indexes.NextAsync(default).AsTask()).ToList();

        store.Drawn.SetResult(new StatusBlock(1, 0, 10, new byte[32]));

        Assert.That(await Task.WhenAll(waiting), Is.Unique);
        Assert.That(store.Calls, Is.EqualTo(1));
    }

    [Test]
    public async Task NextAsync_CancelledWhileOthersWait_LeavesThemAlone()
    {
        var store = new Pending();
        var indexes = new StatusIndexes(store);
        using var cancellation = new CancellationTokenSource();
        var cancelled = indexes.NextAsync(cancellation.Token).AsTask();
        var other = indexes.NextAsync(default).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThatAsync(() => cancelled, Throws.InstanceOf<OperationCanceledException>());
        store.Drawn.SetResult(new StatusBlock(1, 0, 10, new byte[32]));

        Assert.That((await other).List, Is.EqualTo(1));
    }

    private static async Task<List<(long List, int Index)>> TakeAsync(StatusIndexes indexes, int count)
    {
        var taken = new List<(long, int)>(count);
        for (var i = 0; i < count; i++)
        {
            taken.Add(await indexes.NextAsync(default));
        }

        return taken;
    }

    private static StatusBlockStore Blocks(SqliteDatabase database)
    {
        var publicUrl = PublicUrl.From(
            new ConfigurationBuilder().AddInMemoryCollection([new("PublicUrl", "https://license.example.com")]).Build(), allowLoopback: false);
        return new StatusBlockStore(database, new StatusListStore(database, publicUrl, TimeProvider.System), publicUrl);
    }

    private SqliteDatabase OpenDatabase() => SqliteDatabase.Open(new StorageOptions(), _folder, TimeProvider.System);

    private sealed class FailingOnce : IStatusBlockStore
    {
        private int _calls;

        public Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken) => _calls++ == 0
            ? throw new IOException("The disk is gone.")
            : Task.FromResult(new StatusBlock(7, 0, 10, new byte[32]));
    }

    private sealed class Pending : IStatusBlockStore
    {
        public TaskCompletionSource<StatusBlock> Drawn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Calls { get; private set; }

        public Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken)
        {
            Calls++;
            return Drawn.Task;
        }
    }
}
