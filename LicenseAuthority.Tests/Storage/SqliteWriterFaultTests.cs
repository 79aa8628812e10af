using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using SQLitePCL;

namespace LicenseAuthority.Tests.Storage;

/// <summary>What goes wrong in the database, and that in every case exactly what was answered with success is stored.</summary>
internal sealed class SqliteWriterFaultTests : StorageFixture
{
    private const int Members = 20;
    private const int Poisoned = 10;

    // One row: no statement journal, so SQLite can only roll back everything. Two rows: it undoes the statement alone.
    private const string OneLargeRow = "INSERT INTO items (id, name, data) VALUES (1000, 'large', zeroblob(400000))";
    private const string TwoLargeRows = "INSERT INTO items (id, name, data) VALUES (1000, 'small', NULL), (1001, 'large', zeroblob(400000))";

    [Test]
    public async Task RunAsync_MemberViolatesConstraint_OnlyThatMemberFails()
    {
        await using var database = Open(new FakeTimeProvider());

        var batch = await RunBatchAsync(database, static session => Insert(session, 1));

        AssertOnlyThePoisonedFailed(database, batch);
        Assert.That(
            batch[Poisoned].Exception?.InnerException,
            Is.TypeOf<SqliteException>().With.Property(nameof(SqliteException.SqliteErrorCode)).EqualTo(raw.SQLITE_CONSTRAINT));
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_MemberThrowsAfterWriting_NothingOfItIsStored()
    {
        await using var database = Open(new FakeTimeProvider());

        var batch = await RunBatchAsync(database, static session =>
        {
            Insert(session, 1_000);
            throw new FormatException("not the database's fault");
        });

        AssertOnlyThePoisonedFailed(database, batch);
        Assert.That(batch[Poisoned].Exception?.InnerException, Is.TypeOf<FormatException>());
        await AssertWorksAsync(database);
    }

    [TestCase(OneLargeRow, 1, TestName = "RunAsync_DatabaseFullAndTransactionGone_OnlyThatMemberFails")]
    [TestCase(TwoLargeRows, 0, TestName = "RunAsync_DatabaseFullAndTransactionStillOpen_OnlyThatMemberFails")]
    public async Task RunAsync_DatabaseFull_OnlyThatMemberFails(string insert, int expectedAutocommit)
    {
        await using var database = Open(new FakeTimeProvider());
        await LimitPagesAsync(database);
        var autocommit = new List<int>();

        var batch = await RunBatchAsync(database, session =>
        {
            try
            {
                return session.Prepared(insert).Execute();
            }
            catch (SqliteException)
            {
                autocommit.Add(raw.sqlite3_get_autocommit(session.Connection.Handle));
                throw;
            }
        });

        // Once in the batch, once alone: the kind of failure that the case is named after has really happened.
        Assert.That(autocommit, Is.EqualTo(new[] { expectedAutocommit, expectedAutocommit }));
        AssertOnlyThePoisonedFailed(database, batch);
        Assert.That(
            batch[Poisoned].Exception?.InnerException,
            Is.TypeOf<SqliteException>().With.Property(nameof(SqliteException.SqliteErrorCode)).EqualTo(raw.SQLITE_FULL));
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_MemberSwallowsTheErrorThatEndedTheTransaction_NothingOfItIsStored()
    {
        await using var database = Open(new FakeTimeProvider());
        await LimitPagesAsync(database);
        var outcomesAfter = new List<int>();

        var batch = await RunBatchAsync(database, session =>
        {
            Assert.That(() => session.Prepared(OneLargeRow).Execute(), Throws.TypeOf<SqliteException>());
            // No transaction is open now: without the commit hook this row would be durable although the caller gets an error.
            var failure = Assert.Throws<SqliteException>(() => Insert(session, 2_000));
            outcomesAfter.Add(failure!.SqliteExtendedErrorCode);
            return 0;
        });

        const int ConstraintCommitHook = 531;
        Assert.That(outcomesAfter, Is.EqualTo(new[] { ConstraintCommitHook, ConstraintCommitHook }));
        AssertOnlyThePoisonedFailed(database, batch);
        Assert.That(batch[Poisoned].Exception?.InnerException, Is.TypeOf<StorageException>());
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_MemberCommitsByItself_Refused()
    {
        await using var database = Open(new FakeTimeProvider());

        var batch = await RunBatchAsync(database, static session =>
        {
            Insert(session, 1_000);
            return Execute(session.Connection, "COMMIT");
        });

        AssertOnlyThePoisonedFailed(database, batch);
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_CommitFailsOnce_AllMembersRunAgainOnANewConnection()
    {
        await using var database = Open(new FakeTimeProvider());
        var failures = 1;
        var connections = new List<SqliteConnection>();

        var batch = await RunBatchAsync(database, session =>
        {
            connections.Add(session.Connection);
            raw.sqlite3_commit_hook(session.Connection.Handle, _ => failures-- > 0 ? 1 : 0, null);
            return Insert(session, 1_000);
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(batch, Is.All.Property(nameof(Task.IsCompletedSuccessfully)).True);
            Assert.That(StoredIds(database), Is.EqualTo(MemberIds().Append(1_000)));
            Assert.That(connections, Has.Count.EqualTo(2));
            Assert.That(connections, Is.Unique);
            Assert.That(database.Writer.Replays, Is.EqualTo(1));
            Assert.That(database.Writer.Commits, Is.EqualTo(Members + 1), "one by one, the blocking write included");
        }

        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_CommitFailsWheneverAMemberIsInIt_OnlyThatMemberFails()
    {
        await using var database = Open(new FakeTimeProvider());

        var batch = await RunBatchAsync(database, static session =>
        {
            raw.sqlite3_commit_hook(session.Connection.Handle, static _ => 1, null);
            return Insert(session, 1_000);
        });

        AssertOnlyThePoisonedFailed(database, batch);
        Assert.That(batch[Poisoned].Exception?.InnerException, Is.TypeOf<StorageException>().With.InnerException.TypeOf<SqliteException>());
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_SingleWriteThrows_IsNotRunAgain()
    {
        await using var database = Open();
        var runs = 0;

        var write = database.Writer.RunAsync<int>(_ =>
        {
            runs++;
            throw new FormatException();
        });

        Assert.That(() => write, Throws.TypeOf<FormatException>());
        Assert.That((runs, database.Writer.Replays), Is.EqualTo((1, 0)));
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_LockedByAnotherConnection_BusyThenWorksAfterRelease()
    {
        await using var database = Open();
        using var foreign = OpenForeignConnection();
        Execute(foreign, "BEGIN IMMEDIATE");
        var runs = 0;

        var writes = Enumerable.Range(1, 5)
            .Select(id => database.Writer.RunAsync(session =>
            {
                runs++;
                return Insert(session, id);
            }))
            .ToArray();
        await Settled(writes);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                writes.Select(static write => write.Exception?.InnerException),
                Is.All.TypeOf<StoreBusyException>().With.Property(nameof(StoreBusyException.OutcomeUnknown)).False);
            Assert.That(runs, Is.Zero);
            Assert.That(StoredIds(database), Is.Empty);
        }

        Execute(foreign, "ROLLBACK");
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_ConnectionTurnedReadOnly_FailsClearlyThenWorksAgain()
    {
        await using var database = Open();
        await database.Writer.RunAsync(static session => Execute(session.Connection, "PRAGMA query_only=ON"));

        var refused = database.Writer.RunAsync(static session => Insert(session, 1));

        Assert.That(() => refused, Throws.TypeOf<StorageException>().With.Message.Contains(database.Path));
        Assert.That(StoredIds(database), Is.Empty);
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_DiskFailsInAMember_NextWriteHasANewConnection()
    {
        await using var database = Open();
        SqliteConnection? failed = null;

        var write = database.Writer.RunAsync<int>(session =>
        {
            failed = session.Connection;
            throw new SqliteException("disk I/O error", raw.SQLITE_IOERR);
        });

        Assert.That(() => write, Throws.TypeOf<SqliteException>());
        Assert.That(await database.Writer.RunAsync(static session => session.Connection), Is.Not.SameAs(failed));
        await AssertWorksAsync(database);
    }

    [Test]
    public async Task RunAsync_ConnectionCannotBeReopened_ThoseWaitingAreToldThenWorksAgain()
    {
        var database = Open();
        await database.DisposeAsync();
        var connections = SqliteConnections.From(new StorageOptions { ConnectionString = "Data Source=test.db" }, Folder);
        var opened = 0;
        await using var writer = new SqliteWriter(connections, TimeProvider.System, open: () =>
            ++opened is 2 or 3 ? throw new SqliteException("disk I/O error", raw.SQLITE_IOERR) : connections.OpenWriter());
        await writer.RunAsync(static session => Insert(session, 1));

        // The commit fails, and with it the connection; to run the member again a new one is opened, in vain.
        var lost = writer.RunAsync(static session =>
        {
            raw.sqlite3_commit_hook(session.Connection.Handle, static _ => 1, null);
            return Insert(session, 2);
        });
        Assert.That(() => lost, Throws.TypeOf<StorageException>());
        Assert.That(() => writer.RunAsync(static session => Insert(session, 3)), Throws.TypeOf<StorageException>().With.Message.Contains(connections.Path));
        await writer.RunAsync(static session => Insert(session, 4));

        using var foreign = OpenForeignConnection();
        Assert.That((Scalar(foreign, "SELECT sum(id) FROM items"), opened), Is.EqualTo((1 + 4, 4)));
    }

    [Test]
    public async Task RunAsync_LockedWhenTheMembersRunAgain_AllBusyAtOnceAndNothingStored()
    {
        await Open().DisposeAsync();
        var connections = SqliteConnections.From(new StorageOptions { ConnectionString = "Data Source=test.db" }, Folder);
        using var foreign = OpenForeignConnection();
        var opened = 0;
        await using var writer = new SqliteWriter(connections, new FakeTimeProvider(), open: () =>
        {
            if (++opened == 2)
            {
                Execute(foreign, "BEGIN IMMEDIATE");
            }

            return connections.OpenWriter();
        });
        using var block = new WriterBlock(writer);
        var writes = Enumerable.Range(1, 5).Select(id => writer.RunAsync(session =>
        {
            raw.sqlite3_commit_hook(session.Connection.Handle, static _ => 1, null);
            return Insert(session, id);
        })).ToArray();
        block.Release();
        await Settled(writes);

        Assert.That(writes.Select(static write => write.Exception?.InnerException), Is.All.TypeOf<StoreBusyException>());
        Execute(foreign, "ROLLBACK");
        Assert.That(Scalar(foreign, "SELECT count(*) FROM items"), Is.Zero);
        Assert.That(await writer.RunAsync(static session => Insert(session, 1)), Is.EqualTo(1));
    }

    [Test]
    public async Task Open_FileIsReadOnly_RefusedThenWorksAgain()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("File modes do not bind this user (root, or Windows): whether mode 0400 is refused clearly cannot be seen here. Run the tests as an ordinary user.");
            return;
        }

        await using (var database = Open())
        {
            await database.Writer.RunAsync(static session => Insert(session, 1));
        }

        File.SetUnixFileMode(DatabasePath, UnixFileMode.UserRead);
        Assert.That(() => Open(), Throws.TypeOf<StorageException>().With.Message.Contains(DatabasePath).And.Message.Contains("Storage:ConnectionString"));

        File.SetUnixFileMode(DatabasePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var again = Open();
        await again.Writer.RunAsync(static session => Insert(session, 2));
        Assert.That(StoredIds(again), Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public async Task RunAsync_FileIsReadOnlyWhenTheWriterOpensIt_FailsClearlyThenWorksAgain()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("File modes do not bind this user (root, or Windows): a writer that opens a file of mode 0400 cannot be seen here. Run the tests as an ordinary user.");
            return;
        }

        // The writer opens at its first write. Later it would tell nothing: while another connection of the process is open,
        // SQLite keeps the file handle of a closed one and uses it again, with the rights it was opened with.
        await using var database = Open();
        File.SetUnixFileMode(DatabasePath, UnixFileMode.UserRead);

        Assert.That(() => database.Writer.RunAsync(static session => Insert(session, 1)), Throws.TypeOf<StorageException>().With.Message.Contains("read-only"));

        Assert.That(StoredIds(database), Is.Empty);
        File.SetUnixFileMode(DatabasePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await AssertWorksAsync(database);
    }

    /// <summary>Twenty writes in one batch, the one in the middle replaced; waits until all are answered.</summary>
    private static async Task<Task<int>[]> RunBatchAsync(SqliteDatabase database, Func<SqliteWriteSession, int> poisoned)
    {
        using var block = new WriterBlock(database.Writer);
        var writes = Enumerable.Range(0, Members)
            .Select(i => database.Writer.RunAsync(i == Poisoned ? poisoned : session => Insert(session, i + 1)))
            .ToArray();
        block.Release();
        await Settled(writes);
        Assert.That(block.Task.IsCompletedSuccessfully, Is.True, "the blocking write shares the batch");
        return writes;
    }

    private static Task Settled(IEnumerable<Task> tasks)
    {
        return Task.WhenAll(tasks).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    private static async Task LimitPagesAsync(SqliteDatabase database)
    {
        await database.Writer.RunAsync(static session =>
            Scalar(session.Connection, $"PRAGMA max_page_count={Scalar(session.Connection, "PRAGMA page_count") + 10}"));
    }

    private static IEnumerable<long> MemberIds()
    {
        return Enumerable.Range(0, Members).Where(static i => i != Poisoned).Select(static i => i + 1L);
    }

    private static void AssertOnlyThePoisonedFailed(SqliteDatabase database, Task<int>[] batch)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(batch[Poisoned].IsFaulted, Is.True);
            Assert.That(batch.Where(static (_, i) => i != Poisoned), Is.All.Property(nameof(Task.IsCompletedSuccessfully)).True);
            Assert.That(StoredIds(database), Is.EqualTo(MemberIds()));
            Assert.That(database.Writer.Replays, Is.EqualTo(1));
        }
    }

    private static async Task AssertWorksAsync(SqliteDatabase database)
    {
        const long Id = 9_999;
        await database.Writer.RunAsync(static session => Insert(session, Id));
        Assert.That(StoredIds(database), Does.Contain(Id));
    }
}
