using Npgsql;
using NpgsqlTypes;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>A statement of a work with its values, on its way to the server.</summary>
internal sealed class PostgresCommand
{
    private readonly SqlValue[] _values;

    /// <summary>Binds values by position.</summary>
    /// <exception cref="ArgumentException">Not as many values as parameters.</exception>
    public PostgresCommand(string sql, SqlValue[] values)
    {
        Sql = PostgresSql.Of(sql);
        _values = values;
        if (values.Length != Sql.ParameterCount)
        {
            throw new ArgumentException($"{values.Length} values for {Sql.ParameterCount} parameters: {sql}", nameof(values));
        }
    }

    /// <summary>The same one for the same text.</summary>
    public PostgresSql Sql { get; }

    /// <summary>Reads the rows that it returns; null = it returns none.</summary>
    public Func<NpgsqlDataReader, ValueTask>? Read { get; init; }

    /// <summary>Whether somebody asks how many rows it changed.</summary>
    public bool IsCounted { get; init; }

    /// <summary>How many rows it changed.</summary>
    public int Changed { get; set; }

    /// <summary>Whether somebody waits for what it returns or does, and not only for that it is done.</summary>
    public bool IsAsked => IsCounted || Read is not null;

    /// <summary>Makes the driver's command.</summary>
    public NpgsqlBatchCommand ToBatchCommand()
    {
        var command = new NpgsqlBatchCommand(Sql.Text);
        foreach (var value in _values)
        {
            command.Parameters.Add(Parameter(value));
        }

        return command;
    }

    /// <summary>
    /// Makes one command of the same statement with the values of several, which go as arrays; null when there is no text for that, or a column has no type because
    /// all its values are a literal NULL.
    /// </summary>
    /// <param name="text">The statement's text for several rows, if it has one.</param>
    /// <param name="rows">The same statement each.</param>
    public static NpgsqlBatchCommand? OfRows(string? text, IReadOnlyList<PostgresCommand> rows)
    {
        if (text is null)
        {
            return null;
        }

        var command = new NpgsqlBatchCommand(text);
        for (var column = 0; column < rows[0]._values.Length; column++)
        {
            if (ArrayParameter(rows, column) is not { } parameter)
            {
                return null;
            }

            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static NpgsqlParameter Parameter(SqlValue value) => value.Kind switch
    {
        SqlValueKind.Untyped => new NpgsqlParameter { Value = DBNull.Value },
        SqlValueKind.Integer when !value.IsNull => new NpgsqlParameter<long> { TypedValue = value.Number },
        SqlValueKind.Boolean when !value.IsNull => new NpgsqlParameter<bool> { TypedValue = value.Number != 0 },
        var kind => new NpgsqlParameter { NpgsqlDbType = TypeOf(kind), Value = value.Reference ?? DBNull.Value },
    };

    private static NpgsqlParameter? ArrayParameter(IReadOnlyList<PostgresCommand> rows, int column)
    {
        var kind = SqlValueKind.Untyped;
        for (var i = 0; i < rows.Count && kind == SqlValueKind.Untyped; i++)
        {
            kind = rows[i]._values[column].Kind;
        }

        return kind switch
        {
            SqlValueKind.Untyped => null,
            SqlValueKind.Integer => Array(static value => value.IsNull ? (long?)null : value.Number),
            SqlValueKind.Boolean => Array(static value => value.IsNull ? (bool?)null : value.Number != 0),
            SqlValueKind.Text => Array(static value => (string?)value.Reference),
            _ => Array(static value => (byte[]?)value.Reference),
        };

        NpgsqlParameter Array<T>(Func<SqlValue, T> convert)
        {
            var items = new T[rows.Count];
            for (var i = 0; i < items.Length; i++)
            {
                items[i] = convert(rows[i]._values[column]);
            }

            return new NpgsqlParameter<T[]> { NpgsqlDbType = NpgsqlDbType.Array | TypeOf(kind), TypedValue = items };
        }
    }

    private static NpgsqlDbType TypeOf(SqlValueKind kind) => kind switch
    {
        SqlValueKind.Integer => NpgsqlDbType.Bigint,
        SqlValueKind.Boolean => NpgsqlDbType.Boolean,
        SqlValueKind.Text => NpgsqlDbType.Text,
        _ => NpgsqlDbType.Bytea,
    };
}
