namespace LicenseAuthority.Tests.Support;

/// <summary>The kinds of database that the service must behave the same on.</summary>
internal enum TestDatabase
{
    /// <summary>A file in the application's folder. What tests run on unless their fixture says otherwise.</summary>
    Sqlite,

    /// <summary>A database of its own on <see cref="PostgresServer.Shared"/>.</summary>
    Postgres,
}
