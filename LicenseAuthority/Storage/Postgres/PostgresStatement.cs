using Npgsql;
using NpgsqlTypes;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>One statement of a session. Prepared by the driver, on the server, once it has come often enough.</summary>
internal sealed class PostgresStatement(PostgresSession session, string sql) : IStatement
{
    private NpgsqlBatchCommand? _bound;

    /// <summary>Makes the command of a statement and its values.</summary>
    public static NpgsqlBatchCommand Command(string sql, ReadOnlySpan<SqlValue> values)
    {
        var translated = PostgresSql.Of(sql);
        if (values.Length != translated.ParameterCount)
        {
            throw new ArgumentException($"{values.Length} values for {translated.ParameterCount} parameters: {sql}", nameof(values));
        }

        var command = new NpgsqlBatchCommand(translated.Text);
        foreach (var value in values)
        {
            command.Parameters.Add(Parameter(value));
        }

        return command;
    }

    /// <inheritdoc/>
    public IStatement Bind(params ReadOnlySpan<SqlValue> values)
    {
        _bound = Command(sql, values);
        return this;
    }

    /// <inheritdoc/>
    public ValueTask<int> ExecuteAsync() => session.ExecuteAsync(TakeBound());

    /// <inheritdoc/>
    public void Enqueue() => session.Enqueue(TakeBound());

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
    public ValueTask<List<T>> QueryAsync<T>(RowReader<T> read) => session.QueryAsync(TakeBound(), read);

    private static NpgsqlParameter Parameter(SqlValue value) => value.Kind switch
    {
        SqlValueKind.Untyped => new NpgsqlParameter { Value = DBNull.Value },
        SqlValueKind.Integer when !value.IsNull => new NpgsqlParameter<long> { TypedValue = value.Number },
        SqlValueKind.Integer => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = DBNull.Value },
        SqlValueKind.Boolean when !value.IsNull => new NpgsqlParameter<bool> { TypedValue = value.Number != 0 },
        SqlValueKind.Boolean => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Boolean, Value = DBNull.Value },
        SqlValueKind.Text => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = value.Reference ?? DBNull.Value },
        _ => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bytea, Value = value.Reference ?? DBNull.Value },
    };

    private NpgsqlBatchCommand TakeBound()
    {
        // A statement without parameters need not be bound.
        var command = _bound ?? Command(sql, []);
        _bound = null;
        return command;
    }
}
