using System.Data.Common;
using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// A PostgreSQL connection lent to a piece of work, for one transaction or one read. What nobody waits for is kept back and sent with the next statement
/// that somebody waits for: a way to the server and back costs more than the statement.
/// </summary>
internal sealed class PostgresSession(NpgsqlConnection connection, bool mayBeStoredAlready = false) : IWriteSession
{
    // The name may be anything at all; two names that fall together only wait for each other.
    private const string AdvisoryLock = "SELECT pg_advisory_xact_lock(hashtextextended(@name, 0))";

    private readonly List<NpgsqlBatchCommand> _keptBack = [];
    private int _resultsKeptBack;
    private PostgresLentConnection? _lent;

    /// <inheritdoc/>
    public SqlDialect Dialect => SqlDialect.Postgres;

    /// <inheritdoc/>
    public bool MayBeStoredAlready => mayBeStoredAlready;

    /// <inheritdoc/>
    public DbConnection Connection => _lent ??= new PostgresLentConnection(this, connection);

    /// <inheritdoc/>
    public IStatement Prepared(string sql) => new PostgresStatement(this, sql);

    /// <inheritdoc/>
    public async ValueTask<int[]> ExecuteEachAsync(string sql, IReadOnlyList<SqlValue[]> values)
    {
        if (values.Count == 0)
        {
            return [];
        }

        var commands = values.Select(each => PostgresStatement.Command(sql, each)).ToArray();
        await SendAsync(commands);
        return Array.ConvertAll(commands, static command => command.RecordsAffected);
    }

    /// <inheritdoc/>
    public void Lock(string name)
    {
        Enqueue(PostgresStatement.Command(AdvisoryLock, [name]));
        _resultsKeptBack++;
    }

    /// <summary>Keeps a command back; see <see cref="IStatement.Enqueue"/>.</summary>
    public void Enqueue(NpgsqlBatchCommand command) => _keptBack.Add(command);

    /// <summary>Sends what was kept back. Before the COMMIT.</summary>
    public Task FlushAsync() => _keptBack.Count == 0 ? Task.CompletedTask : SendAsync([]);

    /// <summary>Runs a command and returns how many rows it changed.</summary>
    public async ValueTask<int> ExecuteAsync(NpgsqlBatchCommand command)
    {
        await SendAsync([command]);
        return command.RecordsAffected;
    }

    /// <summary>Runs a command and returns its rows.</summary>
    public async ValueTask<List<T>> QueryAsync<T>(NpgsqlBatchCommand command, RowReader<T> read)
    {
        await using var batch = TakeBatch([command], out var results);
        await using var reader = await batch.ExecuteReaderAsync();
        for (; results > 0; results--)
        {
            await reader.NextResultAsync();
        }

        var rows = new List<T>();
        var row = new ReaderRow(reader);
        while (await reader.ReadAsync())
        {
            rows.Add(read(row));
        }

        return rows;
    }

    private async Task SendAsync(IReadOnlyList<NpgsqlBatchCommand> commands)
    {
        await using var batch = TakeBatch(commands, out _);
        await batch.ExecuteNonQueryAsync();
    }

    private NpgsqlBatch TakeBatch(IReadOnlyList<NpgsqlBatchCommand> commands, out int resultsBefore)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var command in _keptBack.Concat(commands))
        {
            batch.BatchCommands.Add(command);
        }

        resultsBefore = _resultsKeptBack;
        _keptBack.Clear();
        _resultsKeptBack = 0;
        return batch;
    }
}
