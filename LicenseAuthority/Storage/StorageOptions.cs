namespace LicenseAuthority.Storage;

/// <summary>Where licenses are kept: the configuration section <c>Storage</c>.</summary>
internal sealed class StorageOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string SectionName = "Storage";

    /// <summary>The kind of database: <c>Sqlite</c>, a file of this machine, or <c>Postgres</c>, a server that several nodes may share.</summary>
    public string Provider { get; set; } = "Sqlite";

    /// <summary>Connection string of the database. SQLite: a relative <c>Data Source</c> is relative to the content root.</summary>
    public string ConnectionString { get; set; } = "Data Source=data/license-authority.db";

    /// <summary>How long the start waits for a PostgreSQL server that is away, 0 to 1 hour. Default: 1 minute.</summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Free space of the SQLite database's disk, in MiB, below which health <c>disk</c> is Degraded; 0 = never.</summary>
    public int FreeSpaceWarningMiB { get; set; } = 1024;
}
