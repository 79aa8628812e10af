using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Simulation;

/// <summary>The database that somebody names for the simulator's own service.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class SimulateDatabaseTests
{
    // Somebody may sell from it.
    [Test]
    public async Task Database_ThatIsNotEmpty_IsLeftAlone()
    {
        var database = PostgresServer.Shared.CreateMigratedDatabase();
        try
        {
            var run = await SimulateCommandRun.RunAsync("v1", "--Storage:Provider", "Postgres", "--Storage:ConnectionString", database);

            run.AssertNotRun("is not empty. Nothing was changed");
        }
        finally
        {
            PostgresServer.Shared.Drop(database);
        }
    }
}
