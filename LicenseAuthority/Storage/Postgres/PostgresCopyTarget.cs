using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// A PostgreSQL database that an authority is copied to. Holds the lock of the migrations, which every service takes when it starts: none starts meanwhile.
/// </summary>
internal sealed class PostgresCopyTarget : IDisposable
{
    private const string SelectColumns = """
        SELECT a.attname::text, t.typname::text, a.attidentity <> ''
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = @table::regclass AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
        """;

    private const string SelectKey = """
        SELECT a.attname::text
        FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (attnum, position), pg_attribute a
        WHERE i.indrelid = @table::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.attnum
        ORDER BY k.position
        """;

    private readonly PostgresConnections _connections;
    private readonly PostgresMigrationTarget _migrations;
    private readonly IReadOnlyList<Migration> _steps = Storage.Migrations.Embedded(SqlDialect.Postgres);

    private PostgresCopyTarget(PostgresConnections connections, PostgresMigrationTarget migrations)
    {
        _connections = connections;
        _migrations = migrations;
    }

    private NpgsqlConnection Connection => _migrations.Connection;

    /// <summary>Connects and takes the lock.</summary>
    /// <exception cref="StorageException">The database cannot be reached, or could not keep every text.</exception>
    public static async Task<PostgresCopyTarget> ConnectAsync(PostgresConnections connections)
    {
        var target = new PostgresCopyTarget(connections, await PostgresMigrationTarget.ConnectAsync(connections));
        try
        {
            return target.Connection.ExecuteScalar<string>("SHOW server_encoding") == "UTF8"
                ? target
                : throw new StorageException($"The {connections.Name} does not keep texts in UTF8: make one with ENCODING 'UTF8'.");
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>Who the target is. Null: it is empty.</summary>
    /// <exception cref="StorageException">It has an older schema, a newer one, or tables of somebody else.</exception>
    public async Task<AuthorityRecord?> FindRecordAsync()
    {
        var applied = Storage.Migrations.Check(_migrations, _steps);
        return applied switch
        {
            0 => null,
            _ when applied == _steps.Count => await AuthorityRecord.GetAsync(Session()),
            _ => throw new StorageException($"The {_connections.Name} has an older schema than this program: name an empty database, or run \"LicenseAuthority storage migrate\" on it first."),
        };
    }

    public Task MigrateAsync(IReadOnlyList<ISchemaPart> parts, TimeProvider time)
    {
        Storage.Migrations.Apply(_migrations, _steps, time);
        return _migrations.CreateMissingAsync(parts);
    }

    /// <summary>Begins the transaction of the copy.</summary>
    public ValueTask<NpgsqlTransaction> BeginAsync() => Connection.BeginTransactionAsync();

    /// <summary>A table that has rows which no migration wrote; null when there is none.</summary>
    public async Task<string?> FindTableWithRowsAsync()
    {
        foreach (var table in SchemaTables.After(_steps).Except(SchemaTables.Filled(_steps)))
        {
            if (await Connection.ExecuteScalarAsync<bool>($"SELECT EXISTS (SELECT 1 FROM {table})"))
            {
                return table;
            }
        }

        return null;
    }

    /// <summary>All tables that are to be copied, a table after those that it refers to.</summary>
    public async Task<IReadOnlyList<CopyTable>> ReadTablesAsync()
    {
        var tables = new List<CopyTable>();

        // Who a database is, is not copied but written.
        foreach (var name in SchemaTables.After(_steps).Where(static table => table != AuthorityRecord.Table))
        {
            var found = (await Connection.QueryAsync<(string Name, string Type, bool IsIdentity)>(SelectColumns, new { table = name })).AsList();
            var columns = found.ConvertAll(column => new CopyColumn(column.Name, Kind(column.Type, name, column.Name)));
            var key = (await Connection.QueryAsync<string>(SelectKey, new { table = name })).AsList();
            tables.Add(new CopyTable(
                name,
                columns,
                key.ConvertAll(part => columns.Single(column => column.Name == part)),
                found.SingleOrDefault(static column => column.IsIdentity).Name));
        }

        return tables;
    }

    /// <summary>Removes all rows, those of an earlier copy and those that migrations wrote.</summary>
    public Task EmptyAsync(IReadOnlyList<CopyTable> tables) =>
        Connection.ExecuteAsync($"TRUNCATE {string.Join(", ", tables.Select(static table => table.Name))}");

    /// <summary>Writes rows, and adds each to the digest on its way.</summary>
    public async Task WriteAsync(CopyTable table, IEnumerable<SqlValue[]> rows, TableDigest digest)
    {
        try
        {
            await using var importer = await Connection.BeginBinaryImportAsync($"COPY {table.Name} ({table.ColumnList}) FROM STDIN (FORMAT BINARY)");
            foreach (var row in rows)
            {
                digest.Add(row);
                await importer.StartRowAsync();
                foreach (var value in row)
                {
                    await WriteAsync(importer, value);
                }
            }

            await importer.CompleteAsync();
        }
        catch (PostgresException exception)
        {
            throw new StorageException($"The {_connections.Name} does not take the table '{table.Name}' ({exception.MessageText}). Nothing was stored.", exception);
        }
    }

    /// <summary>Reads a table back, in the order of its key, byte by byte as SQLite has it.</summary>
    public async Task DigestAsync(CopyTable table, TableDigest digest)
    {
        var order = table.Key.Select(static column => column.Kind == SqlValueKind.Text ? $"{column.Name} COLLATE \"C\"" : column.Name);
        await using var reader = await Connection.ExecuteReaderAsync($"SELECT {table.ColumnList} FROM {table.Name} ORDER BY {string.Join(", ", order)}");
        var row = new SqlValue[table.Columns.Count];
        while (await reader.ReadAsync())
        {
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? SqlValue.Null : table.Columns[i].Kind switch
                {
                    SqlValueKind.Integer => reader.GetInt64(i),
                    SqlValueKind.Boolean => reader.GetBoolean(i),
                    SqlValueKind.Text => reader.GetString(i),
                    _ => reader.GetFieldValue<byte[]>(i),
                };
            }

            digest.Add(row);
        }
    }

    /// <summary>Has the ids that the database makes go on after the copied ones, and the planner know the tables.</summary>
    public async Task SetIdentitiesAsync(IReadOnlyList<CopyTable> tables)
    {
        foreach (var table in tables)
        {
            if (table.IdentityColumn is { } column)
            {
                await Connection.ExecuteAsync($"SELECT setval(pg_get_serial_sequence('{table.Name}', '{column}'), coalesce(max({column}), 1), max({column}) IS NOT NULL) FROM {table.Name}");
            }

            await Connection.ExecuteAsync($"ANALYZE {table.Name}");
        }
    }

    /// <summary>In the transaction of the copy: says whose copy it is, and that it is not finished.</summary>
    public async Task MarkBegunAsync(AuthorityRecord source, DateTimeOffset at) => await AuthorityRecord.MarkCopyBegunAsync(Session(), source, at);

    /// <summary>Says that the source is marked, and services may start here.</summary>
    public async Task FinishAsync(string id, DateTimeOffset at) => await AuthorityRecord.MarkCopyEndedAsync(Session(), id, at);

    /// <inheritdoc/>
    public void Dispose() => _migrations.Dispose();

    private static Task WriteAsync(NpgsqlBinaryImporter importer, SqlValue value) => value switch
    {
        { IsNull: true } => importer.WriteNullAsync(),
        { Kind: SqlValueKind.Integer } => importer.WriteAsync(value.Number, NpgsqlDbType.Bigint),
        { Kind: SqlValueKind.Boolean } => importer.WriteAsync(value.Number != 0, NpgsqlDbType.Boolean),
        { Kind: SqlValueKind.Text } => importer.WriteAsync((string)value.Reference!, NpgsqlDbType.Text),
        _ => importer.WriteAsync((byte[])value.Reference!, NpgsqlDbType.Bytea),
    };

    private static SqlValueKind Kind(string type, string table, string column) => type switch
    {
        "int8" => SqlValueKind.Integer,
        "bool" => SqlValueKind.Boolean,
        "text" => SqlValueKind.Text,
        "bytea" => SqlValueKind.Blob,
        _ => throw new StorageException($"The column {table}.{column} has the type '{type}', which a copy cannot carry."),
    };

    private PostgresSession Session() => new(Connection);
}
