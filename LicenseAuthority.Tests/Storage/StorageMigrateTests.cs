using System.Net;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Tests.Support;
using Npgsql;

namespace LicenseAuthority.Tests.Storage;

/// <summary><c>storage migrate</c> on PostgreSQL, the weak role that the service then runs with, and what a database that cannot be used is answered.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class StorageMigrateTests
{
    private string _owner = "";
    private string _weakRole = "";

    [SetUp]
    public void CreateDatabase()
    {
        _owner = PostgresServer.Shared.CreateDatabase();
        _weakRole = $"weak_{PostgresServer.NameOf(_owner)}";
    }

    [TearDown]
    public void DropDatabase()
    {
        PostgresServer.Shared.Drop(_owner);
        Execute(PostgresServer.Shared.SuperuserConnectionString, $"DROP ROLE IF EXISTS {_weakRole}");
    }

    [Test]
    public async Task Migrate_ByAStrongRole_TheServiceRunsWithAWeakOne()
    {
        CreateWeakRole();
        Execute(_owner, Grants());

        var run = await MigrateAsync(_owner);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain(Migrations.Embedded(SqlDialect.Postgres)[^1].ToString()));
        StorageCommandRun.AssertNoPassword(run.Output);
        Assert.That(() => Execute(Weak, "CREATE TABLE more (id bigint)"), Throws.TypeOf<PostgresException>(), "the role is weak");
        await using var app = await LicenseAuthorityApplication.StartAsync([.. StorageCommandRun.Postgres(Weak).Select(setting => setting[2..])]);
        var license = await SoldLicense.BuyAsync(app);
        Assert.That((await license.RefreshAsync(app.Time.GetUtcNow().AddDays(40))).ResultCode, Is.EqualTo("000000"));
        Assert.That((await license.CommandAsync("freeze")).Code, Is.Null);
        Assert.That((await license.ReleaseAsync()).ResultCode, Is.EqualTo("000000"));
        using var ready = await app.Client.GetAsync("/health/ready");
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK), await ready.Content.ReadAsStringAsync());
    }

    [Test]
    public async Task Migrate_Again_ChangesNothing()
    {
        Assert.That((await MigrateAsync(_owner)).ExitCode, Is.Zero);
        var id = Scalar("SELECT id FROM authority");

        Assert.That((await MigrateAsync(_owner)).ExitCode, Is.Zero);

        Assert.That(Scalar("SELECT id FROM authority"), Is.EqualTo(id));
        Assert.That(Scalar("SELECT served_at FROM authority"), Is.EqualTo(DBNull.Value), "no service has run");
    }

    [Test]
    public async Task Migrate_Sqlite_MakesTheFile()
    {
        var folder = TestFolder.Create();
        var run = await StorageCommandRun.RunAsync(folder, "migrate", "--Storage:ConnectionString=Data Source=new/test.db");
        var made = File.Exists(Path.Combine(folder, "new", "test.db"));
        Directory.Delete(folder, recursive: true);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(made, Is.True);
    }

    [Test]
    public async Task WeakRole_NotMigrated_RefusedWithTheCommandAndNothingIsMade()
    {
        CreateWeakRole();

        (await MigrateAsync(Weak)).AssertRefused("storage migrate", "a role that may");
        await AssertDoesNotStartAsync(Weak, "storage migrate");

        Assert.That(Tables(), Is.Zero);
    }

    [Test]
    public async Task WeakRole_WithoutGrants_RefusedInOneLine()
    {
        CreateWeakRole();
        Assert.That((await MigrateAsync(_owner)).ExitCode, Is.Zero);

        (await MigrateAsync(Weak)).AssertRefused("permission denied", "Storage:ConnectionString");
        await AssertDoesNotStartAsync(Weak, "permission denied");
    }

    [Test]
    public async Task WrongPassword_RefusedAndNeverPrinted()
    {
        var wrong = new NpgsqlConnectionStringBuilder(_owner) { Password = "hunter2hunter2" }.ConnectionString;

        (await MigrateAsync(wrong)).AssertRefused("password authentication failed", "Storage:ConnectionString");
        await AssertDoesNotStartAsync(wrong, "password authentication failed");
    }

    [Test]
    public async Task DatabaseMissing_Refused()
    {
        var missing = new NpgsqlConnectionStringBuilder(_owner) { Database = "nowhere" }.ConnectionString;

        (await MigrateAsync(missing)).AssertRefused("\"nowhere\" does not exist", "Storage:ConnectionString");
        await AssertDoesNotStartAsync(missing, "nowhere");
    }

    [TestCase("nonsense hunter2", "cannot be read", TestName = "ConnectionString_Unparsable_Refused")]
    [TestCase("Host=127.0.0.1;Port=many;Password=hunter2", "cannot be read", TestName = "ConnectionString_PortNoNumber_Refused")]
    [TestCase("Host=127.0.0.1;Password=abc;hunter2=1", "in quotes", TestName = "ConnectionString_PasswordCutBySemicolon_NotRepeated")]
    [TestCase("Database=x;Password=hunter2", "names no server", TestName = "ConnectionString_NoHost_Refused")]
    [TestCase("Data Source=data/license-authority.db", "Storage:ConnectionString", TestName = "ConnectionString_OfSqlite_Refused")]
    [TestCase("Host=127.0.0.1;Port=1;Username=x;Password=hunter2", "cannot be reached", TestName = "ConnectionString_ServerDown_Refused")]
    public async Task ConnectionStringIsWrong(string connectionString, string words)
    {
        (await MigrateAsync(connectionString)).AssertRefused(words, "Storage:ConnectionString");
        await AssertDoesNotStartAsync(connectionString, words);
    }

    [Test]
    public async Task SchemaIsNewer_RefusedAndUnchanged()
    {
        Assert.That((await MigrateAsync(_owner)).ExitCode, Is.Zero);
        Execute(_owner, "INSERT INTO schema_migrations SELECT max(number) + 1, 'future', 'x', 0 FROM schema_migrations");

        (await MigrateAsync(_owner)).AssertRefused("newer than this program", "_future");
        await AssertDoesNotStartAsync(_owner, "newer than this program");
    }

    [Test]
    public async Task TablesWithoutRecord_RefusedAndUnchanged()
    {
        Assert.That((await MigrateAsync(_owner)).ExitCode, Is.Zero);
        Execute(_owner, "DROP TABLE schema_migrations");
        var before = Tables();

        (await MigrateAsync(_owner)).AssertRefused("'licenses' without the record");
        await AssertDoesNotStartAsync(_owner, "without the record");

        Assert.That(Tables(), Is.EqualTo(before));
    }

    [Test]
    public async Task RecordWithoutTables_RefusedAndUnchanged()
    {
        Assert.That((await MigrateAsync(_owner)).ExitCode, Is.Zero);
        Execute(_owner, "DROP TABLE events");
        var before = Tables();

        (await MigrateAsync(_owner)).AssertRefused("'events'", "not there");
        await AssertDoesNotStartAsync(_owner, "'events'");

        Assert.That(Tables(), Is.EqualTo(before));
    }

    [Test]
    public async Task Program_DatabaseCannotBeUsed_EndsWithOneLineAndExitCode1()
    {
        var wrong = new NpgsqlConnectionStringBuilder(_owner) { Password = "hunter2hunter2" }.ConnectionString;
        var environment = new Dictionary<string, string> { ["Storage__Provider"] = "Postgres", ["Storage__ConnectionString"] = wrong };
        foreach (var arguments in (string[][])[["storage", "migrate"], ["--PublicUrl=https://license.example.com", "--environment=Development"]])
        {
            using var program = ServiceProcess.Start(environment, arguments);

            Assert.That(await program.ExitAsync(), Is.EqualTo(1), program.Output);
            Assert.That(program.Output, Does.Contain("password authentication failed").And.Not.Contains("   at "));
            StorageCommandRun.AssertNoPassword(program.Output);
        }
    }

    // The statements of docs/operations.md, "Several machines", in the order in which they stand there: before the tables are made.
    private string Grants() =>
        $"""
        GRANT USAGE ON SCHEMA public TO {_weakRole};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {_weakRole};
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {_weakRole};
        """;

    private string Weak => new NpgsqlConnectionStringBuilder(_owner) { Username = _weakRole, Password = "weak", Pooling = false }.ConnectionString;

    private void CreateWeakRole() => Execute(PostgresServer.Shared.SuperuserConnectionString, $"CREATE ROLE {_weakRole} LOGIN PASSWORD 'weak'");

    private static Task<StorageCommandRun> MigrateAsync(string connectionString) =>
        StorageCommandRun.RunAsync(Path.GetTempPath(), ["migrate", .. StorageCommandRun.Postgres(connectionString)]);

    // What Program.cs prints of it is this message.
    private static async Task AssertDoesNotStartAsync(string connectionString, string words)
    {
        var exception = await Assert.ThrowsAsync<StorageException>(
            () => PostgresDatabase.OpenAsync(new StorageOptions { Provider = "Postgres", ConnectionString = connectionString }, TimeProvider.System));
        Assert.That(exception.Message, Does.Contain(words).And.Not.Contains('\n'));
        StorageCommandRun.AssertNoPassword(exception.Message);
    }

    private object Scalar(string sql)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_owner) { Pooling = false }.ConnectionString);
        connection.Open();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return command.ExecuteScalar()!;
    }

    private long Tables() => (long)Scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");

    private static void Execute(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
