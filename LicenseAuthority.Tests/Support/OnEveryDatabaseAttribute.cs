namespace LicenseAuthority.Tests.Support;

/// <summary>The fixture runs on every kind of database: what it describes is behaviour of the service, whatever stores it.</summary>
internal sealed class OnEveryDatabaseAttribute() : OnDatabasesAttribute(TestDatabase.Sqlite, TestDatabase.Postgres);
