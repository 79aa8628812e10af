using System.Net.Sockets;
using Npgsql;

namespace LicenseAuthority.Tests.Support;

/// <summary>The server that tests on PostgreSQL rely on.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PostgresServerTests
{
    [Test]
    public void CreateDatabase_IsEmptyAndOurs_AndNobodyElses()
    {
        var first = PostgresServer.Shared.CreateDatabase();
        var second = PostgresServer.Shared.CreateDatabase();

        Execute(first, "CREATE TABLE items (id bigint PRIMARY KEY)");

        Assert.That(Scalar(first, "SELECT COUNT(*) FROM items"), Is.Zero);
        Assert.That(Scalar(second, "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"), Is.Zero);
        Assert.That(Scalar(second, "SELECT current_setting('is_superuser') || ' ' || current_setting('server_encoding')"), Is.EqualTo("off UTF8"));
        PostgresServer.Shared.Drop(first);
        PostgresServer.Shared.Drop(second);
    }

    [Test]
    public void CreateDatabase_ServesTwoConnectionsAtOnce()
    {
        var database = PostgresServer.Shared.CreateDatabase();
        using (var first = Open(database))
        using (var second = Open(database))
        {
            Execute(first, "CREATE TABLE items (id bigint PRIMARY KEY)");
            using var transaction = first.BeginTransaction();
            Execute(first, "INSERT INTO items VALUES (1)");

            Assert.That(Scalar(second, "SELECT COUNT(*) FROM items"), Is.Zero);
            transaction.Commit();
            Assert.That(Scalar(second, "SELECT COUNT(*) FROM items"), Is.EqualTo(1L));
        }

        PostgresServer.Shared.Drop(database);
    }

    // A pool keeps connections to the template that nobody uses any more; PostgreSQL would refuse to copy it.
    [Test]
    public void CreateDatabaseFrom_CopiesTheTemplate_AlthoughAConnectionToItIsLeft()
    {
        var template = PostgresServer.Shared.CreateDatabase();
        using var left = Open(template);
        Execute(left, "CREATE TABLE items (id bigint PRIMARY KEY); INSERT INTO items VALUES (7)");

        var copy = PostgresServer.Shared.CreateDatabaseFrom(PostgresServer.NameOf(template));

        Execute(copy, "INSERT INTO items VALUES (8)");
        Assert.That(Scalar(copy, "SELECT COUNT(*) FROM items"), Is.EqualTo(2L));
        Assert.That(Scalar(template, "SELECT COUNT(*) FROM items"), Is.EqualTo(1L));
        PostgresServer.Shared.Drop(copy);
        PostgresServer.Shared.Drop(template);
    }

    [Test]
    public void Drop_TakesADatabaseThatIsInUse()
    {
        var database = PostgresServer.Shared.CreateDatabase();
        using var user = Open(database);

        PostgresServer.Shared.Drop(database);

        Assert.That(() => Open(database), Throws.InstanceOf<PostgresException>().With.Property("SqlState").EqualTo(PostgresErrorCodes.InvalidCatalogName));
    }

    [Test]
    public void RestartImmediate_CutsConnectionsAndKeepsWhatWasCommitted()
    {
        using var server = PostgresServer.StartNew(durable: true);
        var database = server.CreateDatabase();
        Execute(database, "CREATE TABLE items (id bigint PRIMARY KEY)");
        using var cut = Open(database);
        Execute(cut, "INSERT INTO items VALUES (1)");

        server.RestartImmediate();

        Assert.That(() => Execute(cut, "INSERT INTO items VALUES (2)"), Throws.InstanceOf<NpgsqlException>());
        Assert.That(Scalar(database, "SELECT COUNT(*) FROM items"), Is.EqualTo(1L));
        Assert.That(server.Log, Does.Contain("not properly shut down"), "it was not a tidy end");
    }

    [Test]
    public void Stop_LeavesNobodyAtThePort_AndStartServesTheSameData()
    {
        using var server = PostgresServer.StartNew();
        var database = server.CreateDatabase();
        Execute(database, "CREATE TABLE items (id bigint PRIMARY KEY)");

        server.Stop();

        Assert.That(() => Open(database), Throws.InstanceOf<NpgsqlException>().With.InnerException.InstanceOf<SocketException>());
        server.Start();
        Assert.That(Scalar(database, "SELECT COUNT(*) FROM items"), Is.Zero);
    }

    // The server hangs on a pipe that the death of this process closes, in whatever way it dies; and that is all that Dispose does to it.
    [Test]
    public void Dispose_LeavesNoServerAndNoFolder()
    {
        var server = PostgresServer.StartNew();
        var database = server.CreateDatabase();
        using var user = Open(database);

        server.Dispose();

        Assert.That(() => Open(database), Throws.InstanceOf<NpgsqlException>().With.InnerException.InstanceOf<SocketException>());
        Assert.That(Directory.Exists(server.Folder), Is.False);
    }

    // Not pooled, so that every connection is one to the server.
    private static NpgsqlConnection Open(string database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    private static void Execute(string database, string sql)
    {
        using var connection = Open(database);
        Execute(connection, sql);
    }

    private static void Execute(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // Tests write their SQL themselves.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private static object? Scalar(string database, string sql)
    {
        using var connection = Open(database);
        return Scalar(connection, sql);
    }

    private static object? Scalar(NpgsqlConnection connection, string sql)
    {
#pragma warning disable CA2100 // Tests write their SQL themselves.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return command.ExecuteScalar();
    }
}
