using System.Globalization;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>Makes the databases of one run, all on the disk of its folder; a PostgreSQL server is started for the first that needs one.</summary>
internal sealed class TestedDatabases(WorkFolder folder) : IAsyncDisposable
{
    private readonly List<TestedDatabase> _made = [];
    private PostgresServer? _server;

    /// <summary>Reads the option <c>--database</c>, names with commas between; null when it cannot be understood.</summary>
    public static List<SqlDialect>? Parse(string text)
    {
        var dialects = new List<SqlDialect>();
        foreach (var name in text.Split(','))
        {
            if (SqlDialect.All.FirstOrDefault(dialect => dialect.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } dialect || dialects.Contains(dialect))
            {
                return null;
            }

            dialects.Add(dialect);
        }

        return dialects;
    }

    /// <summary>Says why they cannot be measured here; null when they can.</summary>
    public static string? WhyNot(IReadOnlyList<SqlDialect> dialects) =>
        dialects.Contains(SqlDialect.Postgres) && !PostgresServer.IsInstalled
            ? "No PostgreSQL server is installed: apt-get install postgresql, or have initdb and postgres in PATH."
            : null;

    public async Task<TestedDatabase> MakeAsync(SqlDialect dialect)
    {
        TestedDatabase database = dialect == SqlDialect.Sqlite
            ? new SqliteTestedDatabase(folder.PathOf(string.Create(CultureInfo.InvariantCulture, $"{_made.Count}/license-authority.db")))
            : await PostgresTestedDatabase.MakeAsync(_server ??= PostgresServer.StartNew(durable: true, folder.FullPath));
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
