namespace LicenseAuthority.Tests.Support;

/// <summary>What a fixture that runs on every database finds there.</summary>
[OnEveryDatabase]
internal sealed class OnEveryDatabaseTests
{
    private TestDatabase _inSetUp;

    // An application for a whole fixture is started in such a method.
    [OneTimeSetUp]
    public void SetUp() => _inSetUp = TestDatabases.Current;

    [Test]
    public void Current_IsTheDatabaseInTheFixturesName()
    {
        var fixture = $"{nameof(OnEveryDatabaseTests)}({TestDatabases.Current})";

        Assert.That(TestContext.CurrentContext.Test.Parent!.Name, Is.EqualTo(fixture));
        Assert.That(TestContext.CurrentContext.Test.AllCategories(), Does.Contain(TestDatabases.Current.ToString()));
        Assert.That(_inSetUp, Is.EqualTo(TestDatabases.Current));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void Current_IsKnownToCases(int number) =>
        Assert.That(TestContext.CurrentContext.Test.FullName, Does.EndWith($"({TestDatabases.Current}).{nameof(Current_IsKnownToCases)}({number})"));

    [Test]
    public async Task Current_IsKnownOnOtherThreads() => Assert.That(await Task.Run(() => TestDatabases.Current), Is.EqualTo(_inSetUp));

    [Test]
    [SqliteOnly("shows that no other database has it")]
    public void SqliteOnly_IsNotThereOnOthers() => Assert.That(TestDatabases.Current, Is.EqualTo(TestDatabase.Sqlite));
}
