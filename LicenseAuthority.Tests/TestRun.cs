using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests;

/// <summary>What belongs to the whole test run, and ends with it.</summary>
[SetUpFixture]
internal sealed class TestRun
{
    [OneTimeTearDown]
    public void StopPostgres() => PostgresServer.DisposeShared();
}
