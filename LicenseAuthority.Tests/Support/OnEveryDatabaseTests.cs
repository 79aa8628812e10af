namespace LicenseAuthority.Tests.Support;

/// <summary>What a fixture that runs on every database finds there.</summary>
[OnEveryDatabase(AlsoOnOddTicks = true)]
internal sealed class OnEveryDatabaseTests
{
    private TestDatabase _inSetUp;

    // An application for a whole fixture is started in such a method.
    [OneTimeSetUp]
    public void SetUp() => _inSetUp = TestDatabases.Current;

    [Test]
    public void Current_IsTheDatabaseInTheFixturesName()
    {
        var odd = TestClock.Start == TestClock.Odd ? ", OddTicks" : "";

        Assert.That(TestContext.CurrentContext.Test.Parent!.Name, Is.EqualTo($"{nameof(OnEveryDatabaseTests)}({TestDatabases.Current}{odd})"));
        Assert.That(TestContext.CurrentContext.Test.AllCategories(), Does.Contain(TestDatabases.Current.ToString()));
        Assert.That(_inSetUp, Is.EqualTo(TestDatabases.Current));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Current_IsKnownToCases(int number) =>
        Assert.That(TestContext.CurrentContext.Test.FullName, Does.Match($@"\({TestDatabases.Current}(, OddTicks)?\)\.{nameof(Current_IsKnownToCases)}\({number}\)$"));

    [Test]
    public async Task Application_StartsOnTheClockOfTheFixture()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var isOdd = TestContext.CurrentContext.Test.Parent!.Name.EndsWith("OddTicks)", StringComparison.Ordinal);

        Assert.That(app.Time.GetUtcNow().Ticks % TimeSpan.TicksPerSecond, Is.EqualTo(isOdd ? 1_234_567 : 0));
    }

    [Test]
    public async Task Current_IsKnownOnOtherThreads() => Assert.That(await Task.Run(() => TestDatabases.Current), Is.EqualTo(_inSetUp));

    [Test]
    [SqliteOnly("shows that no other database has it")]
    public void SqliteOnly_IsNotThereOnOthers() => Assert.That(TestDatabases.Current, Is.EqualTo(TestDatabase.Sqlite));
}
