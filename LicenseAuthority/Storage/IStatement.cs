namespace LicenseAuthority.Storage;

/// <summary>
/// A hot statement of a session: <c>await session.Prepared(SelectLicense).Bind(id).QuerySingleOrDefaultAsync(read)</c>. Parameters are numbered in the
/// order in which they first stand in the SQL, whatever their names; all are bound for every execution. Not thread-safe, like its session.
/// On SQLite every task returned here has ended already.
/// </summary>
internal interface IStatement
{
    /// <summary>Binds all parameters by position.</summary>
    /// <exception cref="ArgumentException">Not as many values as parameters.</exception>
    IStatement Bind(params ReadOnlySpan<SqlValue> values);

    /// <summary>Runs a statement that returns no rows; returns how many rows it changed.</summary>
    ValueTask<int> ExecuteAsync();

    /// <summary>
    /// Runs a statement whose outcome nobody waits for: at once on SQLite; on PostgreSQL together with the next statement that somebody waits for, or with
    /// the COMMIT, to save the way there and back. An error of it comes out there.
    /// </summary>
    void Enqueue();

    /// <summary>Returns the only row, or <c>default</c> if there is none. For a value type ask for the nullable one.</summary>
    /// <exception cref="InvalidOperationException">There is more than one row.</exception>
    ValueTask<T?> QuerySingleOrDefaultAsync<T>(RowReader<T> read);

    ValueTask<List<T>> QueryAsync<T>(RowReader<T> read);
}
