using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Tests.Storage;

internal sealed class SqliteDatabaseTests : StorageFixture
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [TestCase("nonsense", "Storage:ConnectionString")]
    [TestCase("Data Source=test.db;Default Timeout=soon", "Storage:ConnectionString")]
    [TestCase("", "Storage:ConnectionString")]
    [TestCase("Data Source=:memory:", "Storage:ConnectionString")]
    [TestCase("Data Source=test.db;Mode=Memory", "Storage:ConnectionString")]
    [TestCase("Data Source=file:test?mode=memory", "Storage:ConnectionString")]
    [TestCase("Data Source=test.db;Mode=ReadOnly", "Storage:ConnectionString")]
    [TestCase("Data Source=test.db;Cache=Shared", "Storage:ConnectionString")]
    [TestCase("Data Source=|DataDirectory|test.db", "Storage:ConnectionString")]
    public void Open_SettingIsWrong_RefusedByItsName(string connectionString, string setting)
    {
        var options = new StorageOptions { ConnectionString = connectionString };

        Assert.That(() => SqliteDatabase.Open(options, Folder, TimeProvider.System), Throws.TypeOf<StorageException>().With.Message.Contains(setting));
        Assert.That(Directory.EnumerateFileSystemEntries(Folder), Is.Empty, "nothing was touched");
    }

    [Test]
    public void Open_FolderCannotBeCreated_RefusedByTheSettingsName()
    {
        File.WriteAllText(Path.Combine(Folder, "taken"), "a file where a folder should be");
        var options = new StorageOptions { ConnectionString = "Data Source=taken/deeper/test.db" };

        Assert.That(
            () => SqliteDatabase.Open(options, Folder, TimeProvider.System),
            Throws.TypeOf<StorageException>().With.Message.Contains("Storage:ConnectionString").And.Message.Contains(Path.Combine(Folder, "taken", "deeper")));
    }

    // "Another process" left the operator to find out which.
    [Test]
    public void Open_HeldByAnotherProcess_NamesTheLockAndWhoHoldsIt()
    {
        var options = new StorageOptions { ConnectionString = "Data Source=test.db" };
        using var first = SqliteDatabase.Open(options, Folder, TimeProvider.System);

        var refusal = Assert.Throws<StorageException>(() => SqliteDatabase.Open(options, Folder, TimeProvider.System));

        Assert.That(refusal!.Message, Does.Contain("is in use").And.Contain(Path.Combine(Folder, "test.db.lock")));
        if (OperatingSystem.IsLinux())
        {
            Assert.That(refusal.Message, Does.Match($@"process {Environment.ProcessId} \(\S.*, since \d{{4}}-\d\d-\d\dT"));
        }
    }

    [Test]
    public void Open_FolderIsNotWritable_RefusedByTheSettingsName()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("File modes do not bind this user (root, or Windows): whether a folder without write access is refused clearly cannot be seen here. Run the tests as an ordinary user.");
            return;
        }

        var folder = Directory.CreateDirectory(Path.Combine(Folder, "closed"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.That(
            () => SqliteDatabase.Open(new StorageOptions { ConnectionString = "Data Source=closed/test.db" }, Folder, TimeProvider.System),
            Throws.TypeOf<StorageException>().With.Message.Contains("Storage:ConnectionString").And.Message.Contains(folder.FullName));
    }

    [Test]
    public void Open_NotADatabase_RefusedByItsPath()
    {
        File.WriteAllText(DatabasePath, new string('x', 10_000));

        Assert.That(() => Open(), Throws.TypeOf<StorageException>().With.Message.Contains(DatabasePath));
        Assert.That(File.ReadAllText(DatabasePath), Is.EqualTo(new string('x', 10_000)));
    }

    [Test]
    public async Task Open_FoldersMissing_CreatesThemForTheOwnerOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no file modes.");
            return;
        }

        await using var database = SqliteDatabase.Open(
            new StorageOptions { ConnectionString = "Data Source=a/b/test.db" }, Folder, TimeProvider.System, [ItemsTable]);
        await database.Writer.RunAsync(static session => Insert(session, 1));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(File.GetUnixFileMode(Path.Combine(Folder, "a")), Is.EqualTo(OwnerOnly | UnixFileMode.UserExecute));
            Assert.That(File.GetUnixFileMode(Path.Combine(Folder, "a", "b")), Is.EqualTo(OwnerOnly | UnixFileMode.UserExecute));
            foreach (var file in new[] { "", "-wal", "-shm", ".lock" })
            {
                Assert.That(File.GetUnixFileMode(database.Path + file), Is.EqualTo(OwnerOnly), file);
            }
        }
    }

    [Test]
    public void Open_FileReadableByEverybody_TakesThatAway()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no file modes.");
            return;
        }

        Open().Dispose();
        File.SetUnixFileMode(DatabasePath, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        Open().Dispose();

        Assert.That(File.GetUnixFileMode(DatabasePath), Is.EqualTo(OwnerOnly | UnixFileMode.GroupRead));
    }

    [Test]
    public void Open_SecondTime_RefusedWithFileAndRemedy()
    {
        using var database = Open();

        Assert.That(() => Open(), Throws.TypeOf<StorageException>().With.Message.Contains(DatabasePath + ".lock").And.Message.Contains("Stop that process"));
    }

    [Test]
    public void Open_SecondTimeThroughASymbolicLink_Refused()
    {
        using var database = Open();
        File.CreateSymbolicLink(Path.Combine(Folder, "link.db"), DatabasePath);

        Assert.That(
            () => SqliteDatabase.Open(new StorageOptions { ConnectionString = "Data Source=link.db" }, Folder, TimeProvider.System),
            Throws.TypeOf<StorageException>().With.Message.Contains(DatabasePath + ".lock"));
    }

    [Test]
    public async Task Dispose_Always_ReleasesTheLockAndEmptiesTheLog()
    {
        var database = Open();
        await database.Writer.RunAsync(static session => Insert(session, 1));

        await database.DisposeAsync();

        Assert.That(File.Exists(DatabasePath + "-wal"), Is.False);
        await using var again = Open();
        Assert.That(StoredIds(again), Is.EqualTo(new long[] { 1 }));
    }

    [Test]
    public void Dispose_Twice_DoesNothing()
    {
        var database = Open();
        database.Dispose();

        Assert.That(database.Dispose, Throws.Nothing);
    }

    [Test]
    public async Task Open_Connections_HaveTheSettingsThatDurabilityRestsOn()
    {
        await using var database = Open();

        var writer = await database.Writer.RunAsync(static session => Settings(session.Connection));
        var reader = database.Readers.Read(static session => Settings(session.Connection));

        const long Full = 2;
        const long Memory = 2;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(writer.Journal, Is.EqualTo("wal"));
            Assert.That(writer.Synchronous, Is.EqualTo(Full));
            Assert.That(writer.TempStore, Is.EqualTo(Memory));
            Assert.That(writer.PageSize, Is.EqualTo(4_096));
            Assert.That(writer.Checkpoint, Is.Zero, "SqliteCheckpointer does it");
            Assert.That((writer.BusyTimeout, writer.DriverTimeout), Is.EqualTo((1_000, 1)));
            Assert.That((reader.BusyTimeout, reader.DriverTimeout), Is.EqualTo((1_000, 1)));
            Assert.That((writer.QueryOnly, reader.QueryOnly), Is.EqualTo((0, 1)));
        }
    }

    private static (string Journal, long Synchronous, long TempStore, long PageSize, long Checkpoint, long BusyTimeout, int DriverTimeout, long QueryOnly) Settings(
        SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode";
        return (
            (string)command.ExecuteScalar()!,
            Scalar(connection, "PRAGMA synchronous"),
            Scalar(connection, "PRAGMA temp_store"),
            Scalar(connection, "PRAGMA page_size"),
            Scalar(connection, "PRAGMA wal_autocheckpoint"),
            Scalar(connection, "PRAGMA busy_timeout"),
            command.CommandTimeout,
            Scalar(connection, "PRAGMA query_only"));
    }
}
