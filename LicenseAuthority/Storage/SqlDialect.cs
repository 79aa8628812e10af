namespace LicenseAuthority.Storage;

/// <summary>All in which the SQL of the two databases differs; what is not here is the same text on both.</summary>
/// <param name="Name">The word of <c>Storage:Provider</c>, and the folder of the migrations.</param>
/// <param name="Later">The function that gives the greater of two values, NULL when one is NULL.</param>
/// <param name="ForUpdateSkipLocked">
/// Ends a SELECT whose rows this transaction is going to change, and leaves out those that another one is changing. SQLite has one writer and needs none.
/// </param>
internal sealed record SqlDialect(string Name, string Later, string ForUpdateSkipLocked)
{
    public static readonly SqlDialect Sqlite = new("Sqlite", "max", "");

    // greatest() leaves NULLs out, which the one caller has done already.
    public static readonly SqlDialect Postgres = new("Postgres", "greatest", "FOR UPDATE SKIP LOCKED");

    public static readonly IReadOnlyList<SqlDialect> All = [Sqlite, Postgres];

    /// <summary>Whether a write holds up all others. Else only a way to the server and back is dear.</summary>
    public bool HasOneWriter => this == Sqlite;

    /// <summary>Says which index of the table must be walked. PostgreSQL has no such words.</summary>
    public string IndexedBy(string index) => this == Sqlite ? $"INDEXED BY {index}" : "";

    /// <summary>
    /// Joins a table by its index, row by row, to what stands before it: for few rows of large tables. Neither planner may turn the order round, whatever it
    /// takes the tables for: PostgreSQL knows nothing of one that was filled a minute ago, and would read the whole of it for every few rows.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="alias">What the statement calls it.</param>
    /// <param name="condition">Names the index's columns.</param>
    public string ThenEach(string table, string alias, string condition) => this == Sqlite
        ? $"CROSS JOIN {table} {alias} ON {condition}"
        : $"CROSS JOIN LATERAL (SELECT * FROM {table} {alias} WHERE {condition} OFFSET 0) {alias}";

    /// <inheritdoc/>
    public override string ToString() => Name;
}
