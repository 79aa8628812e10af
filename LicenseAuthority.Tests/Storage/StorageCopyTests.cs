using System.Globalization;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Tests.Storage;

/// <summary>
/// <c>storage copy</c>: from the SQLite file of a service to the PostgreSQL database of the same test, on which the service then goes on with the same keys.
/// </summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class StorageCopyTests
{
    private const string OnSqlite = "Storage:Provider=Sqlite";
    private const string File = "Storage:ConnectionString=Data Source=data/license-authority.db";

    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start()
    {
        _app = await LicenseAuthorityApplication.StartAsync([OnSqlite, File]);

        // The application's database may have been made with tables in it.
        _app.Change("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    }

    [TearDown]
    public ValueTask Stop() => _app.DisposeAsync();

    private string Target => _app.PostgresConnectionString;

    [Test]
    public async Task Copy_AuthorityWithALife_AnswersTheSameByteForByte()
    {
        var licenses = await LiveAsync();

        // Else the lists in the answers before and after differ by what was not published yet.
        await _app.PublishListsAsync();
        var before = await AnswersAsync(licenses);
        await _app.StopAsync();

        var run = await CopyAsync();

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain($"{licenses.Count} licenses").And.Contains("moved"));
        StorageCommandRun.AssertNoPassword(run.Output);
        await RestartOnTargetAsync();
        Assert.That(await AnswersAsync(licenses), Is.EqualTo(before));
    }

    [Test]
    public async Task Copy_AuthorityThatServesV2_AnswersTheSameAndHasAllRows()
    {
        await _app.RestartAsync(V2Life.Settings);
        var life = await V2Life.LiveAsync(_app);
        var before = await life.AnswersAsync(_app);
        await _app.StopAsync();
        var rows = V2Life.Tables.Select(table => QuerySource($"SELECT count(*) FROM {table}")[0]).ToList();
        Assert.That(rows, Has.None.EqualTo(0L), string.Join(' ', V2Life.Tables));

        var run = await CopyAsync();

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(V2Life.Tables.Select(table => _app.Query($"SELECT count(*) FROM {table}")[0]), Is.EqualTo(rows));
        await _app.RestartAsync(["Storage:Provider=Postgres", $"Storage:ConnectionString={Target}", .. V2Life.Settings]);
        Assert.That(await life.AnswersAsync(_app), Is.EqualTo(before));
    }

    [Test]
    public async Task Copy_Afterwards_SellsOnWithNewIdsAndNewPlacesInStatusLists()
    {
        var licenses = await LiveAsync();
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
        await RestartOnTargetAsync();

        Assert.That((await licenses[0].RefreshAsync(_app.Time.GetUtcNow().AddYears(3))).ResultCode, Is.EqualTo("000000"));
        await SoldLicense.BuyAsync(_app);

        Assert.That(_app.Query("SELECT count(*) FROM codes")[0], Is.EqualTo(_app.Query("SELECT count(*) FROM (SELECT DISTINCT status_list, status_index FROM codes) AS places")[0]));
        Assert.That((await licenses[0].EventWordsAsync())[^1], Does.StartWith("license.renewed"));
    }

    [Test]
    public async Task Copy_LicenseWithDevices_TheyKeepTheirPlacesAndGetTheirCodes()
    {
        var license = await SoldLicense.BuyAsync(_app, call => call.With("amount", "3"));
        var device = new Device(_app, "a");
        var (id, code) = await device.PlacedAsync(license.FirstCode);
        var (_, leased) = await new Device(_app, "leased").PlacedAsync(license.FirstCode, lease: 3600);
        var (freed, freedCode) = await new Device(_app, "freed").PlacedAsync(license.FirstCode);
        Assert.That((await Device.FreeAsync(_app, freed, freedCode)).Status, Is.EqualTo(204));
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
        await RestartOnTargetAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await SoldLicense.FetchCodeAsync(_app, code)).Json.GetProperty("code").GetString(), Is.EqualTo(code));
            Assert.That((await SoldLicense.FetchCodeAsync(_app, leased)).Json.GetProperty("code").GetString(), Is.EqualTo(leased));
            Assert.That((await SoldLicense.FetchCodeAsync(_app, freedCode)).Code, Is.EqualTo("device-freed"));
            Assert.That((await device.PlacedAsync(license.FirstCode)).Id, Is.EqualTo(id), "found by its fingerprints");
            await license.RefreshAsync(_app.Time.GetUtcNow().AddDays(90));
            var newest = (await SoldLicense.FetchCodeAsync(_app, code)).Json.GetProperty("code").GetString();
            Assert.That(newest, Is.Not.EqualTo(code));
            Assert.That(device.Check(newest).Outcome, Is.EqualTo(LicenseOutcome.Valid));
            Assert.That((await new Device(_app, "b").ActivateAsync(license.FirstCode)).Code, Is.Null, "the third place");
            Assert.That((await new Device(_app, "c").ActivateAsync(license.FirstCode)).Code, Is.EqualTo("no-seat-left"));
        }
    }

    [Test]
    public async Task Copy_Source_DoesNotStartAgainUntilTheMoveIsUndone()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);

        Assert.That(
            () => _app.RestartAsync(),
            Throws.TypeOf<StorageException>().With.Message.Contains("has moved to PostgreSQL database").And.Message.Contains("--undo-move"));
        var undone = await RunAsync("copy", "--undo-move");
        Assert.That(undone.ExitCode, Is.Zero, undone.Error);
        Assert.That(undone.Output, Does.Contain("drop it"));
        await _app.RestartAsync();
        Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(license.FirstCode));
        await _app.StopAsync();
        (await RunAsync("copy", "--undo-move")).AssertRefused("not marked as moved");
    }

    // A crash after the COMMIT on the target and before the source was marked.
    [Test]
    public async Task Copy_CutShortBeforeTheMark_OnlyTheSourceServesAndTheSameCommandGoesOn()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
        ChangeSource("UPDATE authority SET moved_at = NULL, moved_to = NULL");
        _app.Change("UPDATE authority SET copy_ended_at = NULL");

        Assert.That(RestartOnTargetAsync, Throws.TypeOf<StorageException>().With.Message.Contains("not finished"));
        await _app.RestartAsync();
        var later = await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);

        await RestartOnTargetAsync();
        Assert.That((await later.BuyAgainAsync()).License, Is.EqualTo(later.FirstCode));
    }

    // A crash after the mark and before the copy was told that it may serve.
    [Test]
    public async Task Copy_CutShortAfterTheMark_NobodyServesAndTheSameCommandGoesOn()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
        _app.Change("UPDATE authority SET copy_ended_at = NULL");

        Assert.That(RestartOnTargetAsync, Throws.TypeOf<StorageException>());
        Assert.That(() => _app.RestartAsync(), Throws.TypeOf<StorageException>());
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);

        await RestartOnTargetAsync();
        Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(license.FirstCode));
    }

    [Test]
    public async Task Copy_ServiceRuns_RefusedByTheLockAndTheTargetIsUntouched()
    {
        await SoldLicense.BuyAsync(_app);

        (await CopyAsync()).AssertRefused("in use", ".lock");

        Assert.That(TargetTables(), Is.Empty);
    }

    [Test]
    public async Task Copy_TargetHasServed_Refused()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
        await RestartOnTargetAsync();
        var sold = await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();

        (await CopyAsync()).AssertRefused("has moved to");
        Assert.That((await RunAsync("copy", "--undo-move")).ExitCode, Is.Zero);
        (await CopyAsync()).AssertRefused("A service has run on", "Nothing was copied");

        await RestartOnTargetAsync();
        Assert.That((await sold.BuyAgainAsync()).License, Is.EqualTo(sold.FirstCode));
    }

    [Test]
    public async Task Copy_TargetIsACopyOfAnotherAuthority_Refused()
    {
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
        ChangeSource("UPDATE authority SET moved_at = NULL, moved_to = NULL, id = 'another'");

        (await CopyAsync()).AssertRefused("another authority");
        await AssertSourceIsUnmarkedAsync();
    }

    [Test]
    public async Task Copy_MovedSourceToAnEmptyDatabase_Refused()
    {
        await _app.StopAsync();
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
        var other = PostgresServer.Shared.CreateDatabase();

        (await RunAsync("copy", "--to", other)).AssertRefused("has moved to", "already");

        PostgresServer.Shared.Drop(other);
    }

    [TestCase("CREATE TABLE orders (id bigint)", "another program", TestName = "Copy_TargetHasATableOfSomebodyElse_Refused")]
    [TestCase("CREATE TABLE schema_migrations (number bigint, name text, sha256 text, applied_at bigint); INSERT INTO schema_migrations VALUES (1, 'licenses', 'x', 0)", "another text", TestName = "Copy_TargetHasOtherMigrations_Refused")]
    public async Task Copy_TargetIsNotEmpty_RefusedAndUntouched(string sql, string words)
    {
        await _app.StopAsync();
        _app.Change(sql);
        var before = TargetTables();

        (await CopyAsync()).AssertRefused(words);

        Assert.That(TargetTables(), Is.EqualTo(before));
        await AssertSourceIsUnmarkedAsync();
    }

    [Test]
    public async Task Copy_TargetWasMigratedBefore_IsTaken()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        Assert.That((await RunAsync(["migrate", .. StorageCommandRun.Postgres(Target)])).ExitCode, Is.Zero);

        Assert.That((await CopyAsync()).ExitCode, Is.Zero);

        await RestartOnTargetAsync();
        Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(license.FirstCode));
    }

    [Test]
    public async Task Copy_TargetWithRowsOfSomebody_Refused()
    {
        await _app.StopAsync();
        Assert.That((await RunAsync(["migrate", .. StorageCommandRun.Postgres(Target)])).ExitCode, Is.Zero);
        _app.Change("INSERT INTO status_lists VALUES (7, 'x', 0, 0)");

        (await CopyAsync()).AssertRefused("status_lists", "not empty");
        await AssertSourceIsUnmarkedAsync();
    }

    [Test]
    public async Task Copy_TargetChangesWhatItIsGiven_NoticedAndNothingIsStored()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        Assert.That((await RunAsync(["migrate", .. StorageCommandRun.Postgres(Target)])).ExitCode, Is.Zero);
        _app.Change(
            """
            CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.grace := NEW.grace + 1; RETURN NEW; END $$;
            CREATE TRIGGER spoil BEFORE INSERT ON licenses FOR EACH ROW EXECUTE FUNCTION spoil();
            """);

        (await CopyAsync()).AssertRefused("'licenses' reads back differently", "Nothing was stored");

        Assert.That(_app.CountRows(), Does.StartWith("licenses 0, codes 0"));
        await AssertSourceIsUnmarkedAsync();
    }

    [Test]
    public async Task Copy_SourceHasAValueOfAnotherType_RefusedByItsColumn()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        ChangeSource("UPDATE licenses SET quantity = 'many'");

        (await CopyAsync()).AssertRefused("'quantity'", "'licenses'");

        Assert.That(_app.CountRows(), Does.StartWith("licenses 0, codes 0"));
        await AssertSourceIsUnmarkedAsync();
    }

    [Test]
    public async Task Copy_SourceHasATextThatPostgresCannotKeep_RefusedByItsTable()
    {
        await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();
        ChangeSource("UPDATE licenses SET customer_name = 'a' || char(0) || 'b'");

        (await CopyAsync()).AssertRefused("'licenses'", "Nothing was stored");
        await AssertSourceIsUnmarkedAsync();
    }

    // Else the mark beside the keys would take the copy for an older state of the authority.
    [Test]
    public async Task Copy_SourceWasRestored_TheCopyKnowsOfIt()
    {
        await _app.StopAsync();
        ChangeSource("UPDATE authority SET marked_at = 1, restores = 2, restore_id = 'the second', restored_at = 3, restored_after = 4");

        Assert.That((await CopyAsync()).ExitCode, Is.Zero);

        Assert.That(
            _app.Query("SELECT concat_ws(' ', marked_at, restores, restore_id, restored_at, restored_after) FROM authority"),
            Is.EqualTo(new object[] { "1 2 the second 3 4" }));
    }

    [Test]
    public async Task Copy_SourceHasAnOlderSchema_RefusedWithTheRemedy()
    {
        await _app.StopAsync();

        // It changes nothing, and can do so again.
        ChangeSource("DELETE FROM schema_migrations WHERE name = 'watch_collation'");

        (await CopyAsync()).AssertRefused("older schema", "storage migrate");
        Assert.That((await RunAsync("migrate")).ExitCode, Is.Zero);
        Assert.That((await CopyAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Copy_SourceMissing_RefusedAndNoneIsMade()
    {
        await _app.StopAsync();

        (await StorageCommandRun.RunAsync(_app.Folder, "copy", "--to", Target, "--Storage:ConnectionString=Data Source=nowhere.db")).AssertRefused("nowhere.db");

        Assert.That(Directory.GetFiles(_app.Folder, "nowhere*"), Is.Empty);
        Assert.That(TargetTables(), Is.Empty);
    }

    [Test]
    public async Task Copy_FromPostgres_Refused()
    {
        await _app.StopAsync();

        (await StorageCommandRun.RunAsync(_app.Folder, ["copy", "--to", Target, .. StorageCommandRun.Postgres(Target)])).AssertRefused("from SQLite to PostgreSQL");
    }

    [TestCase("Data Source=other.db")]
    [TestCase("Database=x;Password=hunter2")]
    [TestCase("Host=127.0.0.1;Port=1;Password=hunter2")]
    [TestCase("Host=127.0.0.1;Password=abc;hunter2=1")]
    public async Task Copy_ConnectionStringIsWrong_RefusedByTheOption(string connectionString)
    {
        await _app.StopAsync();

        (await RunAsync("copy", "--to", connectionString)).AssertRefused("--to");
        await AssertSourceIsUnmarkedAsync();
    }

    // A new table is copied without a word here, since the list is read from the migrations: this shows that nothing escapes that reading.
    [Test]
    public async Task Tables_OfTheMigrations_AreAllThatThereAre()
    {
        await _app.StopAsync();
        Assert.That((await RunAsync(["migrate", .. StorageCommandRun.Postgres(Target)])).ExitCode, Is.Zero);

        var listed = SchemaTables.After(Migrations.Embedded(SqlDialect.Sqlite)).Append("schema_migrations");
        using (Assert.EnterMultipleScope())
        {
            // In whatever order: SQLite has to make a table anew where PostgreSQL changes a column.
            Assert.That(SchemaTables.After(Migrations.Embedded(SqlDialect.Postgres)), Is.EquivalentTo(SchemaTables.After(Migrations.Embedded(SqlDialect.Sqlite))));
            Assert.That(QuerySource("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"), Is.EquivalentTo(listed));
            Assert.That(TargetTables().Cast<string>().Where(table => !table.StartsWith("scheduler_", StringComparison.Ordinal)), Is.EquivalentTo(listed));
        }
    }

    // What can happen to licenses, so that no table is empty.
    private async Task<List<SoldLicense>> LiveAsync()
    {
        var licenses = new List<SoldLicense>();

        // Nobody is there: what is to be sent to it waits.
        using var webhook = new StringContent(
            """{"url":"https://hooks.invalid/licenses","events":["license.issued","license.renewed"]}""", Encoding.UTF8, "application/json");
        Assert.That((await _app.Admin.PostAsync("webhooks", webhook)).Code, Is.Null);
        for (var i = 0; i < 12; i++)
        {
            licenses.Add(await SoldLicense.BuyAsync(_app, call => call.With("customerName", $"R&D 一号店 +{i.ToString(CultureInfo.InvariantCulture)} é\u0001𝄞")));
        }

        // Active to the end: every purchase of a finished test license begins a new round.
        licenses.Add(await SoldLicense.BuyAsync(_app, call => call.With("testFlag", "1").With("expireTime", "20270601155959")));
        await licenses[0].RefreshAsync(_app.Time.GetUtcNow().AddDays(40));
        await licenses[0].RefreshAsync(_app.Time.GetUtcNow().AddDays(80));
        await licenses[1].RefreshAsync(_app.Time.GetUtcNow().AddDays(5));
        await licenses[2].ExpireAsync();
        await licenses[3].ReleaseAsync();
        await licenses[4].CommandAsync("freeze");
        await licenses[5].CommandAsync("revoke");
        await licenses[5].RefreshAsync(_app.Time.GetUtcNow().AddDays(40));
        _app.Time.SetUtcNow(_app.Time.GetUtcNow().AddDays(26));
        await Given.SettleDueAsync(_app);
        string[] filled = ["licenses", "codes", "orders", "follow_up_orders", "answers", "events", "conflicts", "status_lists", "signing_keys", "outbox", "webhooks", "webhook_state"];
        Assert.That(filled.Where(table => (long)QuerySource($"SELECT count(*) FROM {table}")[0] == 0), Is.Empty);
        return licenses;
    }

    // All that can be asked about them, as text.
    private async Task<List<string>> AnswersAsync(List<SoldLicense> licenses)
    {
        var answers = new List<string>();
        foreach (var license in licenses)
        {
            answers.Add(Encoding.UTF8.GetString((await license.BuyAgainAsync()).Body));
            answers.Add((await license.ShowAsync()).GetRawText());
            answers.AddRange((await license.EventsAsync()).Select(happened => happened.GetRawText()));
            answers.Add((await SoldLicense.FetchCodeAsync(_app, license.FirstCode)).Json.GetRawText());
        }

        answers.AddRange((await _app.Admin.ListAsync("conflicts?status=open")).Select(conflict => conflict.GetRawText()));
        answers.AddRange(await _app.Admin.ListIdsAsync("webhooks"));
        answers.AddRange(await _app.Admin.ListIdsAsync("licenses"));
        answers.AddRange(await _app.Admin.ListIdsAsync("licenses?state=Released"));
        return answers;
    }

    private Task<StorageCommandRun> CopyAsync() => RunAsync("copy", "--to", Target);

    private Task<StorageCommandRun> RunAsync(params string[] arguments) =>
        StorageCommandRun.RunAsync(_app.Folder, arguments);

    private Task RestartOnTargetAsync() => _app.RestartAsync("Storage:Provider=Postgres", $"Storage:ConnectionString={Target}");

    private async Task AssertSourceIsUnmarkedAsync()
    {
        Assert.That(QuerySource("SELECT moved_at FROM authority"), Is.EqualTo(new object[] { DBNull.Value }));
        await _app.RestartAsync();
    }

    private List<object> TargetTables() => [.. _app.Query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")];

    private void ChangeSource(string sql)
    {
        using var connection = OpenSource();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private List<object> QuerySource(string sql)
    {
        using var connection = OpenSource();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var values = new List<object>();
        while (reader.Read())
        {
            values.Add(reader.GetValue(0));
        }

        return values;
    }

    private SqliteConnection OpenSource()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(_app.Folder, "data", "license-authority.db")};Pooling=False");
        connection.Open();
        return connection;
    }
}
