using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Storage;

/// <summary>A fresh folder for every test, real SQLite files in it, and one small table.</summary>
internal abstract class StorageFixture
{
    // NOT NULL and UNIQUE matter: only where a statement may abort does SQLite keep a statement journal (see the SQLITE_FULL tests).
    protected static readonly Migration ItemsTable = new(
        1,
        "items",
        """
        CREATE TABLE items (
          id   INTEGER NOT NULL PRIMARY KEY,
          name TEXT    NOT NULL UNIQUE,
          data BLOB
        ) STRICT;
        """);

    protected const string InsertItem = "INSERT INTO items (id, name, data) VALUES (@id, @name, @data)";

    protected const string SelectIds = "SELECT id FROM items ORDER BY id";

    protected string Folder { get; private set; } = "";

    protected string DatabasePath => Path.Combine(Folder, "test.db");

    [SetUp]
    public void CreateFolder()
    {
        Folder = TestFolder.Create();
    }

    [TearDown]
    public void DeleteFolder()
    {
        Directory.Delete(Folder, recursive: true);
    }

    protected SqliteDatabase Open(TimeProvider? time = null, SqliteWriterLimits? limits = null, params Migration[] migrations)
    {
        return SqliteDatabase.Open(
            new StorageOptions { ConnectionString = "Data Source=test.db" },
            Folder,
            time ?? new FakeTimeProvider(TestClock.Start),
            migrations.Length == 0 ? [ItemsTable] : migrations,
            limits);
    }

    /// <summary>A connection of a program that knows nothing of the lock file.</summary>
    protected SqliteConnection OpenForeignConnection()
    {
        var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False;Default Timeout=1");
        connection.Open();
        return connection;
    }

    protected static int Insert(SqliteWriteSession session, long id)
    {
        return session.Prepared(InsertItem).Bind(id, $"item {id}", SqlValue.Null).Execute();
    }

    protected static List<long> StoredIds(SqliteDatabase database)
    {
        return database.Readers.Read(static session => session.Prepared(SelectIds).Query(static row => row.GetInt64(0)));
    }

    protected static int Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    protected static long Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
