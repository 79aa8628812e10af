namespace LicenseAuthority.Storage.Postgres;

/// <summary>One statement of a session. Prepared by the driver, on the server, once it has come often enough.</summary>
internal sealed class PostgresStatement(PostgresSession session, string sql) : IStatement
{
    private SqlValue[] _bound = [];

    /// <inheritdoc/>
    public IStatement Bind(params ReadOnlySpan<SqlValue> values)
    {
        _bound = values.ToArray();
        return this;
    }

    /// <inheritdoc/>
    public async ValueTask<int> ExecuteAsync()
    {
        var command = Command(counted: true);
        await session.SendAsync(command);
        return command.Changed;
    }

    /// <inheritdoc/>
    public void Enqueue() => session.Enqueue(Command());

    /// <inheritdoc/>
    public async ValueTask<T?> QuerySingleOrDefaultAsync<T>(RowReader<T> read)
    {
        var rows = await QueryAsync(read);
        return rows.Count switch
        {
            0 => default,
            1 => rows[0],
            _ => throw new InvalidOperationException($"More than one row: {sql}"),
        };
    }

    /// <inheritdoc/>
    public async ValueTask<List<T>> QueryAsync<T>(RowReader<T> read)
    {
        var rows = new List<T>();
        await session.SendAsync(Command(read: async reader =>
        {
            var row = new ReaderRow(reader);
            while (await reader.ReadAsync())
            {
                rows.Add(read(row));
            }
        }));
        return rows;
    }

    // A statement without parameters need not be bound.
    private PostgresCommand Command(Func<Npgsql.NpgsqlDataReader, ValueTask>? read = null, bool counted = false) =>
        new(sql, _bound) { Read = read, IsCounted = counted };
}
