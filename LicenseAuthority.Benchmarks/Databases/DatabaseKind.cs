namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>The databases that the service knows.</summary>
internal enum DatabaseKind
{
    /// <summary>A file.</summary>
    Sqlite,

    /// <summary>A server.</summary>
    Postgres,
}
