using LicenseAuthority.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace LicenseAuthority.Tests.Storage;

internal sealed class SqliteReadersTests : StorageFixture
{
    [Test]
    public async Task Read_AfterEveryAnsweredWrite_SeesIt()
    {
        await using var database = Open();

        for (var id = 1; id <= 100; id++)
        {
            var current = id;
            await database.Writer.RunAsync(session => Insert(session, current));
            Assert.That(StoredIds(database), Does.Contain((long)current));
        }
    }

    [Test]
    public void Read_WorkWrites_Refused()
    {
        using var database = Open();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => database.Readers.Read(static session => session.Prepared(InsertItem).Bind(1L, "x", SqlValue.Null).Execute()),
                Throws.TypeOf<SqliteException>().With.Property(nameof(SqliteException.SqliteErrorCode)).EqualTo(raw.SQLITE_READONLY));
            Assert.That(
                () => database.Readers.Read(static session => Execute(session.Connection, "PRAGMA query_only=OFF; DELETE FROM items")),
                Throws.TypeOf<SqliteException>().With.Property(nameof(SqliteException.SqliteErrorCode)).EqualTo(raw.SQLITE_READONLY));
        }
    }

    [Test]
    public void Read_WriteIsAnsweredMeanwhile_KeepsItsSnapshot()
    {
        using var database = Open();

        var seen = database.Readers.Read(session =>
        {
            var before = session.Prepared(SelectIds).Query(static row => row.GetInt64(0)).Count;
            database.Writer.RunAsync(static writer => Insert(writer, 1)).GetAwaiter().GetResult();
            return (before, after: session.Prepared(SelectIds).Query(static row => row.GetInt64(0)).Count);
        });

        Assert.That(seen, Is.EqualTo((0, 0)));
        Assert.That(StoredIds(database), Has.Count.EqualTo(1));
    }

    [Test]
    public void Read_Again_UsesTheConnectionAgain()
    {
        using var database = Open();

        var first = database.Readers.Read(static session => session.Connection);

        Assert.That(database.Readers.Read(static session => session.Connection), Is.SameAs(first));
    }

    [Test]
    public void Read_Failed_ThrowsTheConnectionAway()
    {
        using var database = Open();
        SqliteConnection? failed = null;

        Assert.That(
            () => database.Readers.Read<int>(session =>
            {
                failed = session.Connection;
                throw new FormatException();
            }),
            Throws.TypeOf<FormatException>());

        Assert.That(database.Readers.Read(static session => session.Connection), Is.Not.SameAs(failed));
    }

    [Test]
    public void Read_InsideARead_HasAConnectionOfItsOwn()
    {
        using var database = Open();

        var different = database.Readers.Read(outer => database.Readers.Read(inner => !ReferenceEquals(outer.Connection, inner.Connection)));

        Assert.That(different, Is.True);
    }

    [Test]
    public void Read_AfterDisposal_ObjectDisposed()
    {
        var database = Open();
        database.Dispose();

        Assert.That(() => StoredIds(database), Throws.TypeOf<ObjectDisposedException>());
    }
}
