using System.Data.Common;
using Dapper;
using LicenseAuthority.Storage;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Tests.Storage;

/// <summary>Dapper on the connection of an SQLite session. What these hold for is in docs/adr/0011.</summary>
internal sealed class SqliteLentConnectionTests : StorageFixture
{
    private const string InsertOne = "INSERT INTO items (id, name) VALUES (@id, @name)";

    [TestCase(true, TestName = "Dapper_AsynchronousCallOnAReader_HasEndedWhenItReturns")]
    [TestCase(false, TestName = "Dapper_AsynchronousCallOnTheWriter_HasEndedWhenItReturns")]
    public async Task Dapper_AsynchronousCall_HasEndedWhenItReturns(bool reader)
    {
        await using var database = Open();
        await database.Writer.RunAsync(static session => Insert(session, 1));

        if (reader)
        {
            database.Readers.Read(static session => AssertReadsEnd(session));
        }
        else
        {
            await database.Writer.RunAsync(static session =>
            {
                AssertReadsEnd(session);
                IWriteSession writer = session;
                Assert.That(writer.Connection.ExecuteAsync(InsertOne, new { id = 2, name = "two" }).IsCompletedSuccessfully, "one row");
                Assert.That(writer.Connection.ExecuteAsync(InsertOne, new[] { new { id = 3, name = "three" }, new { id = 4, name = "four" } }).IsCompletedSuccessfully, "many");
                Assert.That(writer.Connection.ExecuteAsync(InsertOne, new { id = 1, name = "taken" }).IsFaulted, "a failure too");
                return 0;
            });
            Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2, 3, 4 }));
        }
    }

    [Test]
    public async Task Dapper_InsideAWrite_StaysOnTheWritersThread()
    {
        await using var database = Open();

        var threads = await ((IDatabase)database).WriteAsync(static async session =>
        {
            var before = Environment.CurrentManagedThreadId;
            await session.Connection.ExecuteAsync(InsertOne, new { id = 1, name = "one" });
            _ = await session.Connection.QueryAsync<long>(SelectIds);
            return (Before: before, After: Environment.CurrentManagedThreadId, Thread.CurrentThread.Name);
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(threads.After, Is.EqualTo(threads.Before));
            Assert.That(threads.Name, Is.EqualTo("License store writer"));
        }
    }

    [Test]
    public async Task Dapper_WorkThatFailsAfterwards_LeavesNothingStored()
    {
        await using var database = Open();

        Assert.That(
            () => ((IDatabase)database).WriteAsync<int>(static async session =>
            {
                await session.Connection.ExecuteAsync(InsertOne, new { id = 1, name = "one" });
                throw new InvalidOperationException("a fault of the work");
            }),
            Throws.InvalidOperationException);

        Assert.That(StoredIds(database), Is.Empty, "its commands belong to the session's transaction");
    }

    [Test]
    public void Dapper_AsksAReaderToWrite_Refused()
    {
        using var database = Open();

        Assert.That(
            () => database.Readers.Read(static session => ((IReadSession)session).Connection.ExecuteAsync(InsertOne, new { id = 1, name = "one" }).GetAwaiter().GetResult()),
            Throws.TypeOf<SqliteException>());
    }

    [TestCaseSource(typeof(DapperValues), nameof(DapperValues.Texts))]
    public void Dapper_Text_ComesBackUnchanged(string? value)
    {
        using var database = Open();

        Assert.That(database.Readers.Read(session => session.Connection.QuerySingle<string?>("SELECT @value", new { value })), Is.EqualTo(value));
    }

    [Test]
    public void ReaderRow_TextWithU0000_IsReadToItsEnd()
    {
        using var database = Open();

        var text = database.Readers.Read(static session =>
        {
            using var reader = session.Connection.ExecuteReaderAsync("SELECT @value", new { value = "before\0after" }).GetAwaiter().GetResult();
            reader.Read();
            return new ReaderRow(reader).GetString(0);
        });

        Assert.That(text, Is.EqualTo("before\0after"));
    }

    [Test]
    public void Dapper_Instant_IsMillisecondsAndComesBackUnchanged()
    {
        using var database = Open();
        var instant = DateTimeOffset.UnixEpoch.AddMilliseconds(1_780_000_000_123);

        var (stored, read, none) = database.Readers.Read(session => session.Connection.QuerySingle<(long, DateTimeOffset, DateTimeOffset?)>(
            "SELECT @instant, @instant, @none", new { instant, none = (DateTimeOffset?)null }));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(stored, Is.EqualTo(1_780_000_000_123));
            Assert.That(read, Is.EqualTo(instant));
            Assert.That(none, Is.Null);
        }
    }

    private static int AssertReadsEnd(IReadSession session)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(session.Connection.QueryAsync<long>(SelectIds).IsCompletedSuccessfully, "all rows");
            Assert.That(session.Connection.QuerySingleOrDefaultAsync<(long, string)>("SELECT id, name FROM items").IsCompletedSuccessfully, "one row");
            Assert.That(session.Connection.ExecuteScalarAsync<long>("SELECT count(*) FROM items WHERE id IN @ids", new { ids = new long[] { 1, 2 } }).IsCompletedSuccessfully, "a value");
            Assert.That(session.Connection.QueryAsync<long>("SELECT nothing FROM items").IsFaulted, "a failure");
            var opening = session.Connection.ExecuteReaderAsync(SelectIds);
            Assert.That(opening.IsCompletedSuccessfully, "a reader");
            using DbDataReader rows = opening.GetAwaiter().GetResult();
            Assert.That(rows.ReadAsync().IsCompletedSuccessfully, "a row of it");
        }

        return 0;
    }
}
