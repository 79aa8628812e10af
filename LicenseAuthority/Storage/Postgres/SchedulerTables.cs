using LicenseAuthority.Expiry;
using Npgsql;
using Quartz.Extensibility;
using Quartz.Impl.AdoJobStore;
using Quartz.Impl.AdoJobStore.Common;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>The scheduler's own tables on PostgreSQL. Quartz brings their text; when they are made is decided here.</summary>
internal static class SchedulerTables
{
    /// <summary>Stands before the name of each, so that nobody takes them for licenses.</summary>
    public const string Prefix = "scheduler_";

    private const string Exist = $"SELECT to_regclass('{Prefix}locks') IS NOT NULL";

    /// <summary>Creates them when they are not there. The caller holds the lock of the migrations.</summary>
    public static async Task CreateMissingAsync(NpgsqlConnection connection)
    {
        await using (var exist = new NpgsqlCommand(Exist, connection))
        {
            if (await exist.ExecuteScalarAsync() is true)
            {
                return;
            }
        }

        await using var transaction = await connection.BeginTransactionAsync();
        var tables = new PostgreSQLDelegate();
        tables.Initialize(new DriverDelegateContext
        {
            TablePrefix = Prefix,
            SchedulerName = ExpiryServices.SchedulerName,
            InstanceId = ExpiryServices.SchedulerName,
            DbProvider = new DbProvider("Npgsql", connection.ConnectionString),
            TypeLoader = new NoTypes(),
        });
        await tables.CreateSchema(new ConnectionAndTransactionHolder(connection, transaction));
        await transaction.CommitAsync();
    }

    // To make tables no job is loaded.
    private sealed class NoTypes : ITypeLoader
    {
        public Type? LoadType(string? name) => null;
    }
}
