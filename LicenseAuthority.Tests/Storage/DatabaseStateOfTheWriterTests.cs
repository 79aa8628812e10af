using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace LicenseAuthority.Tests.Storage;

/// <summary>Which failures turn the flag red, and what turns it green.</summary>
internal sealed class DatabaseStateOfTheWriterTests : StorageFixture
{
    [Test]
    public async Task Fault_CommitFails_RedUntilTheNextGoodWrite()
    {
        await using var database = Open();
        var write = database.Writer.RunAsync(static session =>
        {
            raw.sqlite3_commit_hook(session.Connection.Handle, static _ => 1, null);
            return Insert(session, 1);
        });

        Assert.That(() => write, Throws.TypeOf<StorageException>());
        Assert.That(database.State.Fault, Is.Not.Null);
        Assert.That(StoredIds(database), Is.Empty);
        Assert.That(database.State.Fault, Is.Not.Null, "a read proves nothing");

        await database.Writer.RunAsync(static session => Insert(session, 2));
        Assert.That(database.State.Fault, Is.Null);
    }

    [TestCase(raw.SQLITE_IOERR)]
    [TestCase(raw.SQLITE_CORRUPT)]
    [TestCase(raw.SQLITE_NOTADB)]
    [TestCase(raw.SQLITE_READONLY)]
    public async Task Fault_DiskFailsAMember_RedUntilTheNextGoodWrite(int code)
    {
        await using var database = Open();
        Assert.That(() => database.Writer.RunAsync<int>(_ => throw new SqliteException("on purpose", code)), Throws.TypeOf<SqliteException>());
        Assert.That(database.State.Fault, Does.Contain("on purpose"));

        await database.Writer.RunAsync(static session => Insert(session, 2));
        Assert.That(database.State.Fault, Is.Null);
    }

    [Test]
    public async Task Fault_AnotherProgramHoldsTheLock_StaysGreen()
    {
        await using var database = Open();
        using var foreign = OpenForeignConnection();
        Execute(foreign, "BEGIN IMMEDIATE");
        Assert.That(() => database.Writer.RunAsync(static session => Insert(session, 1)), Throws.InstanceOf<Exception>());

        Assert.That(database.State.Fault, Is.Null);
    }

    [Test]
    public async Task Fault_AMemberIsRefusedByAConstraint_StaysGreen()
    {
        await using var database = Open();
        await database.Writer.RunAsync(static session => Insert(session, 1));
        Assert.That(() => database.Writer.RunAsync(static session => Insert(session, 1)), Throws.TypeOf<SqliteException>());

        Assert.That(database.State.Fault, Is.Null);
    }

    // 704 MB stayed after one open reader.
    [Test]
    [CancelAfter(120_000)]
    public async Task Log_GrewWhileAReaderStayedOpen_IsCutBackAfterwards(CancellationToken cancellationToken)
    {
        await using var database = Open();
        await database.Writer.RunAsync(static session => Insert(session, 1), cancellationToken: cancellationToken);
        using (var foreign = OpenForeignConnection())
        {
            Execute(foreign, "BEGIN");
            Assert.That(Scalar(foreign, "SELECT count(*) FROM items"), Is.EqualTo(1));
            for (var i = 2; database.State.LogBytes <= SqliteConnections.LogBytesKept + (8 * 1024 * 1024); i++)
            {
                var id = i;
                await database.Writer.RunAsync(
                    session => session.Prepared(InsertItem).Bind(id, $"item {id}", new byte[1024 * 1024]).Execute(), cancellationToken: cancellationToken);
            }
        }

        // Two writes: one that begins the log anew, once what it holds was brought over, and the look that has it done.
        for (var id = 1_000_000; database.State.LogBytes > SqliteConnections.LogBytesKept; id++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ((IDatabase)database).LookAfterFiles();
            var next = id;
            await database.Writer.RunAsync(session => Insert(session, next), cancellationToken: cancellationToken);
        }

        Assert.That(database.State.LogBytes, Is.LessThanOrEqualTo(SqliteConnections.LogBytesKept));
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task Checkpoint_Fails_IsReportedUntilOneSucceeds(CancellationToken cancellationToken)
    {
        await using var database = Open();
        await database.Writer.RunAsync(static session => Insert(session, 1), cancellationToken: cancellationToken);
        var state = new DatabaseState(DatabasePath);
        var connections = SqliteConnections.From(new StorageOptions { ConnectionString = "Data Source=test.db" }, Folder);

        // A connection that may not write fails every checkpoint, as a disk does that refuses.
        using (var connection = new SqliteWriteConnection(connections.OpenReader()))
        using (var checkpointer = new SqliteCheckpointer(connection, new SqliteWriterLimits(), state))
        {
            // Before its first read SQLite knows of no log.
            Assert.That(connection.Session.Prepared(SelectIds).Query(static row => row.GetInt64(0)), Has.Count.EqualTo(1));
            checkpointer.Wake();
            while (state.CheckpointFault is null)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }

        Assert.That(
            (await new LicenseAuthority.Health.WriteAheadLogHealth(state).CheckHealthAsync(new(), cancellationToken)).Status,
            Is.EqualTo(Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Degraded));
        using (var connection = new SqliteWriteConnection(connections.OpenWriter()))
        using (var checkpointer = new SqliteCheckpointer(connection, new SqliteWriterLimits(), state))
        {
            checkpointer.Wake();
            while (state.CheckpointFault is not null)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        }
    }
}
