namespace LicenseAuthority.Tests.Support;

/// <summary>What an attribute on a fixture says to whatever its tests use.</summary>
internal static class FixtureProperty
{
    /// <summary>The property of the running test, or of the nearest suite around it that has one; null when none has.</summary>
    public static object? Find(string name)
    {
        var test = TestContext.CurrentContext.Test;
        var value = test.Properties.Get(name);
        for (var parent = test.Parent; value is null && parent is not null; parent = parent.Parent)
        {
            value = parent.Properties.Get(name);
        }

        return value;
    }
}
