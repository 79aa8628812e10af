using LicenseAuthority.Tests.Support;

// A fixture owns what it uses: its application, folder, database, ports. Whoever listens to the whole process is marked [NonParallelizable] and says why.
// More at once than there are cores, as most of the time a test waits: for a disk, a program of its own, PostgreSQL.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]

namespace LicenseAuthority.Tests;

/// <summary>What belongs to the whole test run, and ends with it.</summary>
[SetUpFixture]
internal sealed class TestRun
{
    [OneTimeTearDown]
    public void StopPostgres() => PostgresServer.DisposeShared();
}
