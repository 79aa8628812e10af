using System.Reflection;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using NUnit.Framework.Internal.Builders;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The fixture runs once on each of these databases, as <c>GetLicenseTests(Sqlite)</c> and <c>GetLicenseTests(Postgres)</c>, each in the category of that name.
/// <see cref="LicenseAuthorityApplication"/> takes the database from there (<see cref="TestDatabases.Current"/>).
/// </summary>
/// <remarks>
/// On PostgreSQL they run when the environment variable CI is <c>true</c>, and fail then where it is not installed; otherwise they are skipped with
/// the reason.
/// </remarks>
[AttributeUsage(AttributeTargets.Class)]
internal class OnDatabasesAttribute(params TestDatabase[] databases) : NUnitAttribute, IFixtureBuilder2
{
    /// <summary>The fixture runs a second time on each, on a clock that stands on no whole unit: <c>PurchaseLifeTests(Sqlite, OddTicks)</c>.</summary>
    public bool AlsoOnOddTicks { get; init; }

    public IEnumerable<TestSuite> BuildFrom(ITypeInfo typeInfo) => BuildAll(typeInfo, filter: null);

    public IEnumerable<TestSuite> BuildFrom(ITypeInfo typeInfo, IPreFilter filter) => BuildAll(typeInfo, filter);

    private IEnumerable<TestSuite> BuildAll(ITypeInfo type, IPreFilter? filter) => 
        from database in databases
        from oddTicks in (IEnumerable<bool>)(AlsoOnOddTicks ? [false, true] : [false])
        select Build(type, filter, database, oddTicks);

    private static TestSuite Build(ITypeInfo type, IPreFilter? filter, TestDatabase database, bool oddTicks)
    {
        string[] names = oddTicks ? [database.ToString(), TestClock.PropertyName] : [database.ToString()];
        var data = new TestFixtureData().SetArgDisplayNames(names);
        data.Properties.Set(TestClock.PropertyName, oddTicks);
        data.Properties.Add(PropertyNames.Category, database.ToString());
        data.Properties.Set(TestDatabases.PropertyName, database);
        var missing = TestDatabases.WhyMissing(database);
        if (missing is not null && !TestDatabases.IsCi)
        {
            data.Ignore(missing);
        }

        var fixture = new NUnitTestFixtureBuilder().BuildFrom(type, new TestsOfDatabase(filter, database), data);
        if (missing is not null && TestDatabases.IsCi)
        {
            fixture.MakeInvalid(missing);
        }

        return fixture;
    }

    // What the runner asks for, without the tests that this database cannot run.
    private sealed class TestsOfDatabase(IPreFilter? filter, TestDatabase database) : IPreFilter
    {
        public bool IsMatch(Type type) => filter is null || filter.IsMatch(type);

        public bool IsMatch(Type type, MethodInfo method) =>
            (filter is null || filter.IsMatch(type, method)) && (database == TestDatabase.Sqlite || !method.IsDefined(typeof(SqliteOnlyAttribute)));
    }
}
