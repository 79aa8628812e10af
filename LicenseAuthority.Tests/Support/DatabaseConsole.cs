using System.Data.Common;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Stores;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LicenseAuthority.Tests.Support;

/// <summary>A look into the database of a service from outside, as an operator's tool has it, on every kind of database.</summary>
internal static class DatabaseConsole
{
    extension(LicenseAuthorityApplication app)
    {
        /// <summary>The store's writer, to block it; there is none on PostgreSQL.</summary>
        public SqliteWriter Writer => app.Services.GetService<SqliteDatabase>()?.Writer
            ?? throw new InvalidOperationException("There is no writer on PostgreSQL: mark the test with [SqliteOnly(\"reason\")], or tell it without.");

        /// <summary>One column of all rows.</summary>
        /// <remarks>Integers are <c>long</c> on every database, and truth is 0 or 1: SQLite has nothing else.</remarks>
        public List<object> Query(string sql)
        {
            using var connection = Open(app, readOnly: true);
            using var command = CreateCommand(connection, sql);
            using var reader = command.ExecuteReader();
            var values = new List<object>();
            while (reader.Read())
            {
                values.Add(reader.GetValue(0) switch
                {
                    short number => (long)number,
                    int number => (long)number,
                    bool truth => truth ? 1L : 0L,
                    var value => value,
                });
            }

            return values;
        }

        /// <summary>Changes the database as nobody should; the service must be stopped, or take it.</summary>
        public void Change(string sql)
        {
            using var connection = Open(app, readOnly: false);
            using var command = CreateCommand(connection, sql);
            command.ExecuteNonQuery();
        }

        /// <summary>How many rows each table has; equal before and after means that nothing was stored.</summary>
        public string CountRows()
        {
            string[] tables = ["licenses", "codes", "orders", "follow_up_orders", "answers", "events", "conflicts"];
            return string.Join(", ", tables.Select(table => $"{table} {app.Query($"SELECT COUNT(*) FROM {table}")[0]}"));
        }

        /// <summary>The facts of all licenses, read by the service's own connection.</summary>
        public async Task<List<License>> ReadLicensesAsync() => await app.Services.GetRequiredService<IDatabase>().ReadAsync(
            static session => session.Prepared($"SELECT {LicenseRow.Columns} FROM licenses l").QueryAsync(static row => LicenseRow.Read(row)));

        /// <summary>Returns when so many writes wait behind a blocked writer. The limit only keeps a test run from hanging.</summary>
        public void WaitForQueuedWrites(int count)
        {
            var writer = app.Writer;
            Assert.That(SpinWait.SpinUntil(() => writer.QueueLength >= count, Patience.Length), Is.True, "no write came");
        }
    }

    private static DbCommand CreateCommand(DbConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    // Not pooled: a connection that stays would keep the database from being closed, copied or dropped.
    private static DbConnection Open(LicenseAuthorityApplication app, bool readOnly)
    {
        DbConnection connection = app.IsOnPostgres
            ? new NpgsqlConnection(new NpgsqlConnectionStringBuilder(app.PostgresConnectionString)
            {
                Pooling = false,
                Options = readOnly ? "-c default_transaction_read_only=on" : null,
            }.ConnectionString)
            : new SqliteConnection($"Data Source={app.DatabasePath};Pooling=False{(readOnly ? ";Mode=ReadOnly" : "")}");
        connection.Open();
        return connection;
    }
}
