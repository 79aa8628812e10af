using System.Data.Common;
using LicenseAuthority.Storage;
using Quartz.Extensibility;
using Quartz.Impl.AdoJobStore;
using Quartz.Impl.AdoJobStore.Common;

namespace LicenseAuthority.Expiry;

/// <summary>The scheduler's own tables on PostgreSQL. Quartz brings their text; when they are made is decided by the migrations.</summary>
internal sealed class SchedulerTables : ISchemaPart
{
    /// <summary>Stands before the name of each, so that nobody takes them for licenses.</summary>
    public const string Prefix = "scheduler_";

    /// <inheritdoc/>
    public string Table => $"{Prefix}locks";

    /// <inheritdoc/>
    public Task CreateAsync(DbConnection connection, DbTransaction transaction)
    {
        var tables = new PostgreSQLDelegate();
        tables.Initialize(new DriverDelegateContext
        {
            TablePrefix = Prefix,
            SchedulerName = ExpiryServices.SchedulerName,
            InstanceId = ExpiryServices.SchedulerName,
            DbProvider = new DbProvider("Npgsql", connection.ConnectionString),
            TypeLoader = new NoTypes(),
        });
        return tables.CreateSchema(new ConnectionAndTransactionHolder(connection, transaction)).AsTask();
    }

    // To make tables no job is loaded.
    private sealed class NoTypes : ITypeLoader
    {
        public Type? LoadType(string? name) => null;
    }
}
