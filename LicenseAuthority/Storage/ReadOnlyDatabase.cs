using System.Data;
using System.Data.Common;
using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Storage;

/// <summary>The database of the settings, for a command that has one question and changes nothing. A service may be writing to it meanwhile.</summary>
internal static class ReadOnlyDatabase
{
    /// <summary>Asks it, on a connection that cannot write.</summary>
    /// <exception cref="StorageException">It is not there, cannot be read, or has another schema than the question needs.</exception>
    public static async Task<T> ReadAsync<T>(IConfiguration configuration, string contentRoot, Func<DbConnection, SqlDialect, Task<T>> read)
    {
        var dialect = StorageServices.ChosenDialect(configuration);
        var options = new StorageOptions();
        SettingsReader.Read(configuration.GetSection(StorageOptions.SectionName), options);
        try
        {
            if (dialect == SqlDialect.Postgres)
            {
                using var connections = PostgresConnections.From(options);
                await using var server = await connections.OpenAloneAsync();
                await using var transaction = await server.BeginTransactionAsync(IsolationLevel.RepeatableRead);
                await using var begin = server.CreateCommand();
                begin.CommandText = "SET TRANSACTION READ ONLY";
                await begin.ExecuteNonQueryAsync();
                return await read(server, dialect);
            }

            var file = SqliteConnections.From(options, contentRoot);
            if (!File.Exists(file.Path))
            {
                throw new StorageException($"There is no database {file.Path} (Storage:ConnectionString).");
            }

            await using var connection = file.OpenReader();
            return await read(connection, dialect);
        }
        catch (DbException exception)
        {
            throw new StorageException($"The database (Storage:ConnectionString) cannot be read ({exception.Message}).", exception);
        }
    }
}
