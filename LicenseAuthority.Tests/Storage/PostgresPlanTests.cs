using System.Text.RegularExpressions;
using Dapper;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Stores;
using LicenseAuthority.Tests.Support;
using Npgsql;

namespace LicenseAuthority.Tests.Storage;

/// <summary>
/// What the background asks page by page, in tables that have grown faster than the server analyzed them: each page read a whole table, of codes most of all, and
/// orders waited for the cores.
/// </summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PostgresPlanTests
{
    // As many rows as make the planner prefer to read all of them, were it free to.
    private static readonly string[] ManyRows =
    [
        Copies("licenses", "'id', t.id || '-' || n"),
        Copies("codes", "'id', 1000 + n, 'license_id', t.license_id || '-' || n"),
        Copies("events", "'id', 1000 + n, 'license_id', t.license_id || '-' || n"),
        Copies("orders", "'order_id', t.order_id || '-' || n, 'license_id', t.license_id || '-' || n"),
        """
        INSERT INTO conflicts SELECT (jsonb_populate_record(NULL::conflicts, jsonb_build_object(
            'id', 'conf_' || n, 'kind', 'unserved', 'at', n, 'actor', '', 'activity', '', 'order_id', 'order-' || n, 'reason', '', 'expire', false,
            'formalise', false))).*
        FROM generate_series(1, 20000) n
        """,
        """
        INSERT INTO watch_orders (account, order_id, order_line_id, month, product_id, activity, first_at, last_at, attempts, unheard, fails_at, last_call_id)
        SELECT 'default', 'failed-' || n, 'line', '2026-11', '', 'getLicense', n, n, 1, false, n, n::text FROM generate_series(1, 4000) n
        """,
    ];

    private static IEnumerable<TestCaseData> Pages =>
    [
        new TestCaseData(StatusRows.SelectPage(SqlDialect.Postgres)).SetArgDisplayNames("licenses of a rebuild"),
        new TestCaseData(StatusRows.SelectChanged(SqlDialect.Postgres)).SetArgDisplayNames("licenses that changed"),
        new TestCaseData(ReissueStore.SelectReplaced(SqlDialect.Postgres)).SetArgDisplayNames("codes to be made anew"),
        new TestCaseData(ReissueStore.SelectCount(SqlDialect.Postgres)).SetArgDisplayNames("how many codes"),
        new TestCaseData(DueLicenses.SelectDue).SetArgDisplayNames("due licenses"),

        // After an outage with four thousand failed orders each look took longer than a statement may, and the node was not ready.
        new TestCaseData($"SELECT EXISTS (SELECT 1 {WatchOrderChanges.FromServed})").SetArgDisplayNames("failed orders that were served"),
        new TestCaseData($"SELECT EXISTS (SELECT 1 {WatchOrderChanges.FromNamed})").SetArgDisplayNames("failed orders whose product is known by now"),
        new TestCaseData($"SELECT EXISTS (SELECT 1 {WatchRestartRow.FromDecided})").SetArgDisplayNames("restarts that were decided"),
    ];

    private LicenseAuthorityApplication _app = null!;
    private NpgsqlConnection _connection = null!;

    [OneTimeSetUp]
    public async Task FillAsync()
    {
        _app = await LicenseAuthorityApplication.StartAsync();
        await SoldLicense.BuyAsync(_app);
        _connection = new NpgsqlConnection(_app.PostgresConnectionString);
        await _connection.OpenAsync();
        foreach (var copies in ManyRows)
        {
            await _connection.ExecuteAsync(copies);
        }
    }

    [OneTimeTearDown]
    public async Task DropAsync()
    {
        await _connection.DisposeAsync();
        await _app.DisposeAsync();
    }

    [TestCaseSource(nameof(Pages))]
    public async Task Page_OfTablesThatWereNeverAnalyzed_ReadsNoWholeTable(string sql)
    {
        var plan = string.Join('\n', await ExplainAsync(sql));

        Assert.That(plan, Does.Contain("Index Scan"));
        Assert.That(plan, Does.Not.Match("Seq Scan on (licenses|codes|events|orders|conflicts)"));
    }

    [Test]
    public async Task Connection_HasNoPlansCompiled()
    {
        using var connections = PostgresConnections.From(_app.PostgresConnectionString, "test");
        await using var connection = await connections.DataSource.OpenConnectionAsync();
        await using var other = connections.DataSource.OpenConnection();

        Assert.That((await connection.ExecuteScalarAsync<string>("SHOW jit"), await other.ExecuteScalarAsync<string>("SHOW jit")), Is.EqualTo(("off", "off")));
    }

    // As the driver has it after a few times: one plan for whatever comes.
    private async Task<IEnumerable<string>> ExplainAsync(string sql)
    {
        var names = Regex.Matches(sql, "@[a-z_]+").Select(static match => match.Value).Distinct().ToList();
        var numbered = Regex.Replace(sql, "@[a-z_]+", match => $"${names.IndexOf(match.Value) + 1}");
        await _connection.ExecuteAsync($"SET plan_cache_mode = force_generic_plan; DEALLOCATE ALL; PREPARE page AS {numbered}");
        return await _connection.QueryAsync<string>($"EXPLAIN EXECUTE page{(names.Count == 0 ? "" : $"({string.Join(", ", names.Select(static _ => "NULL"))})")}");
    }

    private static string Copies(string table, string changed) =>
        $"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({changed}))).* FROM {table} t, generate_series(1, 20000) n";
}
