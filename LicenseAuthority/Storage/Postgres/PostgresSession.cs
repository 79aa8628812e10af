using System.Data.Common;
using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// What is lent to a piece of work, for one transaction or one read: a connection of its own, or a part in a <see cref="PostgresGroup"/>. What nobody waits for
/// is kept back and sent with the next statement that somebody waits for: a way to the server and back costs more than the statement.
/// </summary>
internal sealed class PostgresSession : IWriteSession
{
    private readonly PostgresGroup? _group;
    private readonly NpgsqlConnection? _connection;
    private List<List<PostgresCommand>> _keptBack = [[]];
    private List<string> _locks = [];
    private PostgresLentConnection? _lent;

    /// <summary>With a connection of its own.</summary>
    public PostgresSession(NpgsqlConnection connection, bool mayBeStoredAlready = false)
    {
        _connection = connection;
        MayBeStoredAlready = mayBeStoredAlready;
    }

    /// <summary>In a group.</summary>
    public PostgresSession(PostgresGroup group)
    {
        _group = group;
    }

    /// <inheritdoc/>
    public SqlDialect Dialect => SqlDialect.Postgres;

    /// <inheritdoc/>
    public bool MayBeStoredAlready { get; }

    /// <inheritdoc/>
    public DbConnection Connection => _lent ??= new PostgresLentConnection(
        this, _connection ?? throw new NotSupportedException("Works that share a transaction have no connection to lend: they run prepared statements only."));

    /// <inheritdoc/>
    public IStatement Prepared(string sql) => new PostgresStatement(this, sql);

    /// <inheritdoc/>
    public async ValueTask<int[]> ExecuteEachAsync(string sql, IReadOnlyList<SqlValue[]> values)
    {
        if (values.Count == 0)
        {
            return [];
        }

        var commands = values.Select(each => new PostgresCommand(sql, each) { IsCounted = true }).ToArray();
        await SendAsync(commands);
        return Array.ConvertAll(commands, static command => command.Changed);
    }

    /// <inheritdoc/>
    public void Lock(string name) => _locks.Add(name);

    /// <summary>Keeps a command back; see <see cref="IStatement.Enqueue"/>.</summary>
    public void Enqueue(PostgresCommand command) => _keptBack[^1].Add(command);

    /// <inheritdoc/>
    public void BeginPart()
    {
        if (_keptBack[^1].Count > 0)
        {
            _keptBack.Add([]);
        }
    }

    /// <summary>Sends what was kept back. Before the COMMIT.</summary>
    public Task FlushAsync() => _keptBack[0].Count == 0 && _locks.Count == 0 ? Task.CompletedTask : SendAsync();

    /// <summary>Sends what was kept back, and these commands after it.</summary>
    public Task SendAsync(params ReadOnlySpan<PostgresCommand> commands)
    {
        var (parts, locks) = (_keptBack, _locks);
        (_keptBack, _locks) = ([[]], []);
        if (commands.Length > 0)
        {
            // What somebody waits for sees all that was enqueued before.
            parts = [[.. parts.SelectMany(static part => part), .. commands]];
        }

        return _group is null ? PostgresWay.SendAsync(_connection!, locks, parts) : _group.SendAsync(this, locks, parts);
    }
}
