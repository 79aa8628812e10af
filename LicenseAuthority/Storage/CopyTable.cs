namespace LicenseAuthority.Storage;

/// <summary>A table as a copy sees it. The types are PostgreSQL's: SQLite has no booleans, and enforces none.</summary>
/// <param name="Name">The name.</param>
/// <param name="Columns">All columns, in the order of PostgreSQL's table.</param>
/// <param name="Key">The columns of the primary key, in its order.</param>
/// <param name="IdentityColumn">The column whose values the database makes; null = none.</param>
internal sealed record CopyTable(string Name, IReadOnlyList<CopyColumn> Columns, IReadOnlyList<CopyColumn> Key, string? IdentityColumn)
{
    public string ColumnList => string.Join(", ", Columns.Select(static column => column.Name));
}

/// <summary>A column of a <see cref="CopyTable"/>.</summary>
internal sealed record CopyColumn(string Name, SqlValueKind Kind);
