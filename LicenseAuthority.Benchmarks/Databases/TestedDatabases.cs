using System.Globalization;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>Makes the databases of one run, all on the disk of its folder; a PostgreSQL server is started for the first that needs one.</summary>
internal sealed class TestedDatabases(WorkFolder folder) : IAsyncDisposable
{
    private readonly List<TestedDatabase> _made = [];
    private PostgresServer? _server;

    /// <summary>Says why a kind cannot be measured here; null when it can.</summary>
    public static string? WhyNot(DatabaseKind kind) =>
        kind == DatabaseKind.Postgres && !PostgresServer.IsInstalled
            ? "No PostgreSQL server is installed: apt-get install postgresql, or have initdb and postgres in PATH."
            : null;

    /// <summary>A fresh, empty one.</summary>
    public TestedDatabase Make(DatabaseKind kind)
    {
        TestedDatabase database = kind == DatabaseKind.Sqlite
            ? new SqliteTestedDatabase(folder.PathOf(string.Create(CultureInfo.InvariantCulture, $"{_made.Count}/license-authority.db")))
            : new PostgresTestedDatabase(_server ??= PostgresServer.StartNew(durable: true, folder.FullPath));
        _made.Add(database);
        return database;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var database in _made)
        {
            await database.DisposeAsync();
        }

        _server?.Dispose();
    }
}
