using System.Data.Common;

namespace LicenseAuthority.Storage;

/// <summary>
/// A connection lent to a piece of work. Lent, not given: keep it no longer than the callback, and begin or end no transaction, that is the lender's.
/// </summary>
internal interface IReadSession
{
    /// <summary>In what the databases differ.</summary>
    SqlDialect Dialect { get; }

    /// <summary>
    /// The connection, for Dapper. Its commands belong to the session's transaction without being told so, and see what was enqueued before. Only the
    /// asynchronous calls: on SQLite they have ended when they return.
    /// </summary>
    DbConnection Connection { get; }

    /// <summary>
    /// The statement for this SQL, prepared at first use and kept by the connection: for the few that are hot (docs/adr/0011); others go through
    /// <see cref="Connection"/>.
    /// </summary>
    IStatement Prepared(string sql);
}
