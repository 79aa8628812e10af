using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The test, or every test of the fixture, is long by nature, and something else tells most of what it would tell: it runs in CI, and elsewhere when it is asked for
/// (<see cref="TestDatabases.IsCi"/>). It is in the category <c>ci</c>.
/// </summary>
/// <param name="why">What takes so long, as "it starts many services".</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class InCiAttribute(string why) : NUnitAttribute, IApplyToTest
{
    public void ApplyToTest(Test test)
    {
        test.Properties.Add(PropertyNames.Category, "ci");
        if (!TestDatabases.IsCi && test.RunState is RunState.Runnable)
        {
            test.RunState = RunState.Ignored;
            test.Properties.Set(PropertyNames.SkipReason, $"Not run, as {why}. {TestDatabases.HowToRun}");
        }
    }
}
