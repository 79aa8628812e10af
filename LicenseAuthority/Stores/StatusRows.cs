using LicenseAuthority.Licensing;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The rows that status lists are made from.</summary>
internal sealed class StatusRows(IDatabase database, UnreadableLicenses unreadable) : IStatusRows
{
    private const string SelectNewestEvent = "SELECT max(id) FROM events";

    private const string SelectEvents = "SELECT id FROM events WHERE id > @after ORDER BY id LIMIT @most";

    private const string SelectLastEvent = $"SELECT max(id) FROM ({SelectEvents}) AS next";

    private const string SelectLastLicense =
        "SELECT max(id) FROM (SELECT id FROM licenses WHERE id > @after ORDER BY id LIMIT @most) AS next";

    private static readonly string SelectCodes =
        $"""
        SELECT {LicenseRow.Columns}, c.status_list, c.status_index, c.issued_at, c.invalid_at, c.void_at,
            CASE WHEN c.generation = l.unbound_generation AND NOT @all_texts THEN NULL ELSE c.text END
        """;

    /// <inheritdoc/>
    public bool HasLateEvents => !database.Dialect.HasOneWriter;

    /// <inheritdoc/>
    public async ValueTask<long> FindNewestEventAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        static session => session.Prepared(SelectNewestEvent).Bind().QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0)), cancellationToken) ?? 0;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<long>> ListEventsAsync(long after, int most, CancellationToken cancellationToken)
    {
        var numbers = await database.ReadAsync(
            session => session.Prepared(HasLateEvents ? SelectEvents : SelectLastEvent).Bind(after, most).QueryAsync(static row => row.GetInt64OrNull(0)),
            cancellationToken);
        return [.. numbers.OfType<long>()];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LicenseEntries>> ListChangedAsync(long after, long upTo, CancellationToken cancellationToken) =>
        Group(await database.ReadAsync(session => session.Prepared(SelectChanged(session.Dialect)).Bind(false, after, upTo).QueryAsync(Read), cancellationToken));

    /// <inheritdoc/>
    public async ValueTask<StatusPage?> ListPageAsync(string afterLicense, int most, bool withAllTexts, CancellationToken cancellationToken)
    {
        var last = await database.ReadAsync(
            session => session.Prepared(SelectLastLicense).Bind(afterLicense, most).QuerySingleOrDefaultAsync(static row => row.GetStringOrNull(0)), cancellationToken);
        return last is null
            ? null
            : new StatusPage(
                Group(await database.ReadAsync(
                    session => session.Prepared(SelectPage(session.Dialect)).Bind(withAllTexts, afterLicense, last).QueryAsync(Read), cancellationToken)),
                last);
    }

    internal static string SelectChanged(SqlDialect dialect) =>
        $"""
        {SelectCodes}
        FROM (SELECT DISTINCT license_id FROM events WHERE id > @after AND id <= @up_to) AS changed
        {dialect.ThenEach("licenses", "l", "l.id = changed.license_id")}
        {dialect.ThenEach("codes", "c", "c.license_id = l.id")}
        WHERE NOT (l.version = 1 AND l.state = '{LicenseState.Active.ToWord()}')
        ORDER BY l.id, c.generation
        """;

    internal static string SelectPage(SqlDialect dialect) =>
        $"""
        {SelectCodes}
        FROM licenses l
        {dialect.ThenEach("codes", "c", "c.license_id = l.id")}
        WHERE l.id > @after AND l.id <= @last
        ORDER BY l.id, c.generation
        """;

    // Null: its entries stay what they were when it could be read last.
    private (License? License, ListedCode Code) Read(Row row) => (
        StoredLicense.TryRead(row, unreadable),
        new ListedCode(
            row.GetInt64(LicenseRow.Width),
            row.GetInt32(LicenseRow.Width + 1),
            Instants.FromSql(row.GetInt64(LicenseRow.Width + 2)),
            !row.IsNull(LicenseRow.Width + 3) || !row.IsNull(LicenseRow.Width + 4),
            row.GetStringOrNull(LicenseRow.Width + 5)));

    // The rows of a license stand together.
    private static List<LicenseEntries> Group(List<(License? License, ListedCode Code)> rows)
    {
        var licenses = new List<LicenseEntries>();
        List<ListedCode> codes = [];
        foreach (var (license, code) in rows)
        {
            if (license is null)
            {
                continue;
            }

            if (licenses.Count == 0 || licenses[^1].License.Id != license.Id)
            {
                codes = [];
                licenses.Add(new LicenseEntries(license, codes));
            }

            codes.Add(code);
        }

        return licenses;
    }
}
