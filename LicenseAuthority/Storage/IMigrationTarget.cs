namespace LicenseAuthority.Storage;

/// <summary>A database that migrations are applied to. Whoever has one holds the database's lock.</summary>
internal interface IMigrationTarget
{
    /// <summary>What <c>schema_migrations</c> records, in order; nothing when the table is not there.</summary>
    IReadOnlyList<AppliedMigration> ReadApplied();

    /// <summary>The names of all tables.</summary>
    IReadOnlySet<string> ReadTables();

    /// <summary>Runs a step and records it, in one transaction. On an exception nothing of it is stored.</summary>
    void Apply(Migration migration, DateTimeOffset now);
}
