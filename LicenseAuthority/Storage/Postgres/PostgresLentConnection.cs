using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>
/// The connection of a session, lent to Dapper. Whatever its commands do, what the session has kept back is sent before: a statement that was enqueued
/// first runs first, and nobody has to think of it. Nothing runs synchronously, and nobody opens it, closes it or begins a transaction on it.
/// </summary>
internal sealed class PostgresLentConnection(PostgresSession session, NpgsqlConnection connection) : DbConnection
{
    [AllowNull]
    public override string ConnectionString
    {
        get => connection.ConnectionString;
        set => throw Lent();
    }

    public override string Database => connection.Database;

    public override string DataSource => connection.DataSource;

    public override string ServerVersion => connection.ServerVersion;

    public override ConnectionState State => connection.State;

    public override void ChangeDatabase(string databaseName) => throw Lent();

    public override void Open() => throw Lent();

    public override void Close() => throw Lent();

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw Lent();

    protected override DbCommand CreateDbCommand() => new Command(session, this, connection.CreateCommand());

    private static InvalidOperationException Lent() => new("The connection is lent: it is opened and closed, and its transaction begun and ended, by the lender.");

    private sealed class Command(PostgresSession session, PostgresLentConnection lent, NpgsqlCommand command) : DbCommand
    {
        [AllowNull]
        public override string CommandText
        {
            get => command.CommandText;
            set => command.CommandText = value;
        }

        public override int CommandTimeout
        {
            get => command.CommandTimeout;
            set => command.CommandTimeout = value;
        }

        public override CommandType CommandType
        {
            get => command.CommandType;
            set => command.CommandType = value;
        }

        public override UpdateRowSource UpdatedRowSource
        {
            get => command.UpdatedRowSource;
            set => command.UpdatedRowSource = value;
        }

        public override bool DesignTimeVisible { get; set; }

        protected override DbConnection? DbConnection
        {
            get => lent;
            set => throw Lent();
        }

        protected override DbTransaction? DbTransaction
        {
            get => command.Transaction;
            set => throw Lent();
        }

        protected override DbParameterCollection DbParameterCollection => command.Parameters;

        public override async Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken)
        {
            await session.FlushAsync();
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }

        public override async Task<object?> ExecuteScalarAsync(CancellationToken cancellationToken)
        {
            await session.FlushAsync();
            return await command.ExecuteScalarAsync(cancellationToken);
        }

        protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken)
        {
            await session.FlushAsync();
            return await command.ExecuteReaderAsync(behavior, cancellationToken);
        }

        public override int ExecuteNonQuery() => throw Synchronous();

        public override object? ExecuteScalar() => throw Synchronous();

        protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => throw Synchronous();

        public override void Prepare() => throw Synchronous();

        public override void Cancel() => command.Cancel();

        protected override DbParameter CreateDbParameter() => command.CreateParameter();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                command.Dispose();
            }

            base.Dispose(disposing);
        }

        private static NotSupportedException Synchronous() => new("Commands of a session run asynchronously: a thread that waits for the network serves nobody.");
    }
}
