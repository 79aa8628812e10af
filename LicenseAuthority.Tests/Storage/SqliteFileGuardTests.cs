using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Storage;

/// <summary>
/// The files were deleted or replaced under an open database: every later order was answered with success, into files that nobody would ever open again.
/// </summary>
internal sealed class SqliteFileGuardTests : StorageFixture
{
    private readonly FakeTimeProvider _time = new();

    [SetUp]
    public void OnlyWhereAnOpenFileCanBeDeleted()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("Only Linux says of every file which one it is: on Windows an open file cannot be deleted, on others the log and the lock are not watched.");
        }
    }

    [Test]
    public async Task RunAsync_FolderWasDeletedAndMadeAnew_NothingIsAcknowledgedAndTheDatabaseIsLost()
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Folder);

        await AssertRefusedAsync(database, committed: true);
        Assert.That(database.State.IsLost, Is.False, "one reading may be a stumble");
        await AssertRefusedAsync(database, committed: false);

        _time.Advance(SqliteFileGuard.BetweenReadings);
        Assert.That(database.State.IsLost, Is.True);
        await AssertRefusedAsync(database, committed: false);
        Assert.That(() => StoredIds(database), Throws.TypeOf<StoreBusyException>(), "what was not acknowledged must not be found");
    }

    [TestCase("")]
    [TestCase("-wal")]
    [TestCase(".lock")]
    public async Task RunAsync_OneFileWasDeleted_NothingIsAcknowledged(string file)
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        File.Delete(DatabasePath + file);

        await AssertRefusedAsync(database, committed: true);

        _time.Advance(SqliteFileGuard.BetweenReadings);
        Assert.That(database.State.IsLost, Is.True);
        Assert.That(database.State.Fault, Does.Contain(DatabasePath + file));
    }

    [TestCase("")]
    [TestCase("-wal")]
    [TestCase(".lock")]
    public async Task RunAsync_OneFileWasReplacedByItsCopy_NothingIsAcknowledged(string file)
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        File.Copy(DatabasePath + (file == ".lock" ? "" : file), DatabasePath + ".copy");
        File.Move(DatabasePath + ".copy", DatabasePath + file, overwrite: true);

        await AssertRefusedAsync(database, committed: true);

        _time.Advance(SqliteFileGuard.BetweenReadings);
        Assert.That(database.State.IsLost, Is.True);
    }

    [Test]
    public async Task RunAsync_BatchOfMany_NobodyInItIsAcknowledged()
    {
        await using var database = Open(_time);
        using var block = new WriterBlock(database.Writer);
        var writes = Enumerable.Range(1, 20).Select(id => database.Writer.RunAsync(session => Insert(session, id))).ToArray();
        Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Folder);
        block.Release();
        await Task.WhenAll(writes).ContinueWith(static _ => { }, TaskScheduler.Default);

        Assert.That(
            writes.Select(static write => write.Exception?.InnerException),
            Is.All.TypeOf<StoreBusyException>().With.Property(nameof(StoreBusyException.OutcomeUnknown)).True);
    }

    [Test]
    public async Task RunAsync_FileWasBackAtTheSecondReading_GoesOn()
    {
        await using var database = Open(_time);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        File.Move(DatabasePath, DatabasePath + ".away");
        await AssertRefusedAsync(database, committed: true);
        File.Move(DatabasePath + ".away", DatabasePath);

        _time.Advance(SqliteFileGuard.BetweenReadings);
        Assert.That(database.State.IsLost, Is.False);
        await database.Writer.RunAsync(static session => Insert(session, 3));
        Assert.That(database.State.Fault, Is.Null, "a good write");
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2, 3 }), "what was not acknowledged may be stored all the same");
    }

    [Test]
    public async Task LookAfterFiles_NothingIsWritten_NoticesAllTheSame()
    {
        await using var database = Open(_time);
        Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Folder);

        ((IDatabase)database).LookAfterFiles();
        _time.Advance(SqliteFileGuard.BetweenReadings);

        Assert.That(database.State.IsLost, Is.True);
    }

    // Inode numbers begin anew in every file system: a copy of a disk, mounted over the folder, has the very same ones.
    [Test]
    public async Task RunAsync_AnotherFileSystemWasMountedOverTheFolder_NothingIsAcknowledged()
    {
        using var disk = SmallDisk.TryMount(Path.Combine(Folder, "over"), "1m");
        await using var database = SqliteDatabase.Open(
            new StorageOptions { ConnectionString = "Data Source=over/data/test.db" }, Folder, _time, [ItemsTable]);
        await database.Writer.RunAsync(static session => Insert(session, 1));
        using (SmallDisk.TryMount(Path.Combine(Folder, "over", "data"), "1m"))
        {
            foreach (var file in new[] { "", "-wal", ".lock" })
            {
                File.WriteAllText(database.Path + file, "");
            }

            await AssertRefusedAsync(database, committed: true);
        }
    }

    private static async Task AssertRefusedAsync(SqliteDatabase database, bool committed)
    {
        var write = database.Writer.RunAsync(static session => Insert(session, 2));
        await Assert.ThatAsync(
            () => write, Throws.TypeOf<StoreBusyException>().With.Property(nameof(StoreBusyException.OutcomeUnknown)).EqualTo(committed));
        Assert.That(database.State.Fault, Is.Not.Null);
    }
}
