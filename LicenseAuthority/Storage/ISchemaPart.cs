using System.Data.Common;

namespace LicenseAuthority.Storage;

/// <summary>
/// Tables that a feature brings of its own beside the migrations, on PostgreSQL; they are made under the same lock. Registered by the feature, so that
/// the storage knows none.
/// </summary>
internal interface ISchemaPart
{
    /// <summary>One of the tables: where it is, all of them are.</summary>
    string Table { get; }

    /// <summary>Makes the tables, in a transaction that the caller commits.</summary>
    Task CreateAsync(DbConnection connection, DbTransaction transaction);
}
