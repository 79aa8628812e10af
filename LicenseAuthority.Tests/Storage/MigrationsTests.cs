using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Storage;

internal sealed class MigrationsTests : StorageFixture
{
    private static readonly Migration AddColumn = new(2, "colour", "ALTER TABLE items ADD COLUMN colour TEXT; UPDATE items SET colour = 'red';");

    [Test]
    public void Apply_NewDatabase_AllInOrderAndRecorded()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2031, 2, 3, 4, 5, 6, TimeSpan.Zero));

        using var database = Open(time, null, ItemsTable, AddColumn);

        Assert.That(Applied(database), Is.EqualTo(new[]
        {
            (1, "items", ItemsTable.Sha256, time.GetUtcNow().ToUnixTimeMilliseconds()),
            (2, "colour", AddColumn.Sha256, time.GetUtcNow().ToUnixTimeMilliseconds()),
        }));
    }

    [Test]
    public void Apply_OpenedAgain_AppliesOnlyWhatIsNew()
    {
        var time = new FakeTimeProvider();
        Open(time, null, ItemsTable).Dispose();
        var first = time.GetUtcNow().ToUnixTimeMilliseconds();
        time.Advance(TimeSpan.FromDays(1));

        using var database = Open(time, null, ItemsTable, AddColumn);

        Assert.That(Applied(database).Select(static row => row.AppliedAt), Is.EqualTo(new[] { first, first + 86_400_000 }));
    }

    [Test]
    public void Apply_NoMigrations_OpensAnEmptyDatabase()
    {
        using var database = SqliteDatabase.Open(new StorageOptions { ConnectionString = "Data Source=test.db" }, Folder, TimeProvider.System, []);

        Assert.That(Tables(), Is.Empty);
    }

    // The table of conflicts is made anew, to have conflicts without a license.
    [Test]
    public void Apply_DatabaseOfAnOlderVersionWithConflicts_KeepsThem()
    {
        var all = Migrations.Embedded(SqlDialect.Sqlite);
        var before = all.TakeWhile(static migration => migration.Name != "unserved_orders").ToArray();
        Open(null, null, before).Dispose();
        using (var connection = OpenForeignConnection())
        {
            Execute(
                connection,
                "INSERT INTO licenses (id, account, product, test, round, trial, customer_id, marketplace_customer_id, quantity, issued_at, starts_at, grace, generation, "
                + "code_issued_at, last_event_at, state, next_due_at, version) "
                + "VALUES ('lic_1', 'default', 'editor', 0, 1, 0, 'cus_1', 'c0ffee', 1, 1, 1, 0, 1, 1, 1, 'Active', 9, 1)");
            Execute(
                connection,
                "INSERT INTO conflicts (id, license_id, kind, at, actor, activity, order_id, reason, expire, expires_at, quantity, resolution, resolved_by, resolved_at) "
                + "VALUES ('cft_1', 'lic_1', 'conflict', 7, 'marketplace', 'getLicense', 'CS1', 'why', 1, 8, 9, 'applied', 'admin:x', 10)");
        }

        Open(null, null, [.. all]).Dispose();

        using var opened = OpenForeignConnection();
        Assert.That(
            Scalar(
                opened,
                "SELECT COUNT(*) FROM conflicts WHERE id = 'cft_1' AND license_id = 'lic_1' AND kind = 'conflict' AND at = 7 AND actor = 'marketplace' AND activity = 'getLicense' "
                + "AND order_id = 'CS1' AND order_line_id IS NULL AND reason = 'why' AND expire = 1 AND expires_at = 8 AND quantity = 9 AND resolution = 'applied' AND resolved_by = 'admin:x' AND resolved_at = 10"),
            Is.EqualTo(1));
    }

    [Test]
    public void Apply_DatabaseOfAnOlderVersionWithCodes_TheNewestCodeIsUnboundAndByTheLowestKey()
    {
        var all = Migrations.Embedded(SqlDialect.Sqlite);
        Open(null, null, [.. all.TakeWhile(static migration => migration.Name != "bindings")]).Dispose();
        using (var connection = OpenForeignConnection())
        {
            Execute(
                connection,
                "INSERT INTO licenses (id, account, product, test, round, trial, customer_id, marketplace_customer_id, quantity, issued_at, starts_at, grace, generation, "
                + "code_issued_at, last_event_at, state, next_due_at, version) "
                + "VALUES ('lic_1', 'default', 'editor', 0, 1, 0, 'cus_1', 'c0ffee', 1, 1, 1, 0, 7, 1, 1, 'Active', 9, 1)");
            Execute(
                connection,
                "INSERT INTO codes (license_id, generation, issued_at, status_list, status_index, text, sha256) VALUES ('lic_1', 7, 1, 1, 1, 'text', x'00')");
        }

        Open(null, null, [.. all]).Dispose();

        using var opened = OpenForeignConnection();
        Assert.That(
            Scalar(opened, "SELECT COUNT(*) FROM licenses l JOIN codes c ON c.license_id = l.id AND c.generation = l.unbound_generation WHERE c.key_serial = 0 AND c.invalid_at IS NULL"),
            Is.EqualTo(1));
    }

    [Test]
    public void Apply_DatabaseIsNewer_RefusedAndNamed()
    {
        Open(null, null, ItemsTable, AddColumn).Dispose();

        Assert.That(() => Open(null, null, ItemsTable), Throws.TypeOf<StorageException>().With.Message.Contains("0002_colour").And.Message.Contains("newer"));
    }

    [Test]
    public void Apply_AppliedTextChanged_RefusedAndNothingNewApplied()
    {
        Open(null, null, ItemsTable).Dispose();

        Assert.That(
            () => Open(null, null, new Migration(1, "items", ItemsTable.Sql + " -- better"), AddColumn),
            Throws.TypeOf<StorageException>().With.Message.Contains("0001_items"));

        using var database = Open(null, null, ItemsTable);
        Assert.That(Applied(database), Has.Count.EqualTo(1));
    }

    [Test]
    public void Apply_OnlyLineEndsDiffer_IsTheSameText()
    {
        Open(null, null, ItemsTable).Dispose();

        using var database = Open(null, null, new Migration(1, "items", ItemsTable.Sql.ReplaceLineEndings("\r\n")));

        Assert.That(Applied(database), Has.Count.EqualTo(1));
    }

    [Test]
    public void Apply_GapOrDuplicate_RefusedBeforeAnythingRuns()
    {
        var third = new Migration(3, "third", "CREATE TABLE third (id INTEGER)");
        var secondFirst = new Migration(1, "again", "CREATE TABLE again (id INTEGER)");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Open(null, null, ItemsTable, third), Throws.TypeOf<StorageException>().With.Message.Contains("0003_third"));
            Assert.That(() => Open(null, null, ItemsTable, secondFirst), Throws.TypeOf<StorageException>().With.Message.Contains("0001_again"));
            Assert.That(Tables(), Is.Empty);
        }
    }

    [Test]
    public void Apply_SecondStatementFails_NothingOfThatStepIsLeft()
    {
        var broken = new Migration(2, "broken", "CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);");

        Assert.That(() => Open(null, null, ItemsTable, broken), Throws.TypeOf<StorageException>().With.Message.Contains("0002_broken"));

        Assert.That(Tables(), Is.EqualTo("items, schema_migrations"));
        using var database = Open(null, null, ItemsTable, AddColumn);
        Assert.That(Applied(database), Has.Count.EqualTo(2), "the lock was given up, and the step can be mended");
    }

    [Test]
    public void Apply_FirstStepFails_DatabaseStaysEmpty()
    {
        Assert.That(() => Open(null, null, new Migration(1, "broken", "CREATE TABLE half (id INTEGER); nonsense")), Throws.TypeOf<StorageException>());

        Assert.That(Tables(), Is.Empty);
    }

    [Test]
    public void Apply_ScriptCommitsByItself_RefusedAndNothingStored()
    {
        var committing = new Migration(2, "committing", "CREATE TABLE half (id INTEGER); COMMIT; CREATE TABLE rest (id INTEGER);");

        Assert.That(() => Open(null, null, ItemsTable, committing), Throws.TypeOf<StorageException>().With.Message.Contains("0002_committing"));

        Assert.That(Tables(), Is.EqualTo("items, schema_migrations"));
    }

    [Test]
    public void Embedded_Always_NumbersRiseByOne()
    {
        var numbers = Migrations.Embedded(SqlDialect.Sqlite).Select(static migration => migration.Number);

        Assert.That(numbers, Is.EqualTo(Enumerable.Range(1, Migrations.Embedded(SqlDialect.Sqlite).Count)));
    }

    private static List<(int Number, string Name, string Sha256, long AppliedAt)> Applied(SqliteDatabase database)
    {
        return database.Readers.Read(static session => session.Prepared("SELECT number, name, sha256, applied_at FROM schema_migrations ORDER BY number")
            .Query(static row => (row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetInt64(3))));
    }

    private string Tables()
    {
        using var connection = OpenForeignConnection();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }

        return string.Join(", ", names);
    }
}
