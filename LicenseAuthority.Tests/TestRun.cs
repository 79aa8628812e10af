using Dapper;
using LicenseAuthority.Tests.Support;

// A fixture owns what it uses: its application, folder, database, ports. Whoever listens to the whole process is marked [NonParallelizable] and says why.
// More at once than there are cores, as most of the time a test waits: for a disk, a program of its own, PostgreSQL.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(8)]

namespace LicenseAuthority.Tests;

/// <summary>What belongs to the whole test run, and ends with it.</summary>
[SetUpFixture]
internal sealed class TestRun
{
    // Dapper generates code for each statement, once for each connection string: thousands of databases of one schema would have it made, and kept, thousands of times.
    [OneTimeSetUp]
    public void ShareStatements() => SqlMapper.ConnectionStringComparer = new KindOfDatabase();

    [OneTimeTearDown]
    public void StopPostgres() => PostgresServer.DisposeShared();

    private sealed class KindOfDatabase : IEqualityComparer<string>
    {
        public bool Equals(string? x, string? y) => IsSqlite(x) == IsSqlite(y);

        public int GetHashCode(string obj) => IsSqlite(obj) ? 1 : 0;

        private static bool IsSqlite(string? connectionString) => connectionString is not null && connectionString.StartsWith("Data Source=", StringComparison.Ordinal);
    }
}
