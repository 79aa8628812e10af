namespace LicenseAuthority.Tests.Support;

/// <summary>Which <see cref="TestDatabase"/> a test runs on, and which ones this machine has.</summary>
internal static class TestDatabases
{
    /// <summary>The property of a fixture that says on which database its tests run; <see cref="OnDatabasesAttribute"/> sets it.</summary>
    public const string PropertyName = "Database";

    /// <summary>What to do to have run what is for CI.</summary>
    public const string HowToRun = "With CI=true in the environment it is: CI=true dotnet test";

    /// <summary>What the running test, or its fixture's set-up, is to use.</summary>
    public static TestDatabase Current => FixtureProperty.Find(PropertyName) is TestDatabase database ? database : TestDatabase.Sqlite;

    /// <summary>True in CI, where everything must run.</summary>
    public static bool IsCi => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>Why nothing runs on a database here and now; null when it does. On PostgreSQL the tests take minutes: CI runs them, and whoever asks.</summary>
    public static string? WhyMissing(TestDatabase database) => database switch
    {
        TestDatabase.Postgres when !PostgresServer.IsInstalled => PostgresServer.NotInstalled,
        TestDatabase.Postgres when !IsCi => $"Not run on PostgreSQL, as that takes minutes. {HowToRun}",
        _ => null,
    };
}
