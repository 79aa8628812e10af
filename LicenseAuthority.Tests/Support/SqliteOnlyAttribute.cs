namespace LicenseAuthority.Tests.Support;

/// <summary>
/// A test that can only be told with SQLite, in a fixture that runs on every database. The other databases do not have it at all, rather than skip it:
/// a skipped test is one that somebody should make run.
/// </summary>
/// <param name="reason">What of SQLite it needs, and what says the same for the others, if anything does.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SqliteOnlyAttribute(string reason) : PropertyAttribute("SqliteOnly", reason);
