namespace LicenseAuthority.Storage;

/// <summary>
/// A connection lent to a piece of work. Lent, not given: keep it no longer than the callback, and begin or end no transaction, that is the lender's.
/// </summary>
internal interface IReadSession
{
    /// <summary>In what the databases differ.</summary>
    SqlDialect Dialect { get; }

    /// <summary>The statement for this SQL, prepared at first use and kept as long as the connection. Give texts of which there are few.</summary>
    IStatement Prepared(string sql);
}
