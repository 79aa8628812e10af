using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using LicenseAuthority.Expiry;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Postgres;
using Npgsql;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// A real PostgreSQL of our own: fresh, in a temporary folder that goes with it, on a free port of this machine only. Whatever PostgreSQL the machine runs
/// itself is neither used nor touched. It does not outlive the test process, not even one that is killed.
/// </summary>
/// <remarks>
/// Tests of behaviour share one, <see cref="Shared"/>, and take a database each. Whoever stops a server starts one for that, with <see cref="StartNew"/>.
/// </remarks>
internal sealed class PostgresServer : IDisposable
{
    /// <summary>Why tests on PostgreSQL cannot run, where <see cref="IsInstalled"/> is false.</summary>
    public const string NotInstalled =
        "No PostgreSQL server is installed, so nothing was checked on PostgreSQL. Install the Debian package postgresql, or have initdb and postgres in PATH.";

    private const string Superuser = "postgres";

    // The service needs no more than to own its database, so the tests give it no more.
    private const string Role = "license_authority";

    private const string FolderPrefix = "license-authority-postgres-";

    private const string Ready = "database system is ready to accept connections";

    // The server is a child of this shell, and so is a reader of our pipe. A line in the pipe is the signal to stop the server with. The end of the pipe
    // comes when we close it or die, in whatever way: then the server stops at once and its folder goes. Not PR_SET_PDEATHSIG: it fires when the thread
    // that started the server ends, and threads of .NET come and go.
    private const string Watchdog =
        """
        folder=$1 programs=$2 user=$3
        shift 3
        as=
        if [ -n "$user" ]; then
          # The programs refuse to run as root.
          as="setpriv --reuid=$user --regid=$user --clear-groups"
          chown -R "$user" "$folder" || exit 1
        fi
        # Ctrl+C comes to this shell too, but only the end of the pipe says that we are gone.
        trap '' INT TERM HUP
        if [ ! -e "$folder/data/PG_VERSION" ]; then
          $as "$programs/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" --auth=scram-sha-256 \
            --encoding=UTF8 --locale=C --no-sync >/dev/null || exit 1
        fi
        exec 3<&0
        $as "$programs/postgres" -D "$folder/data" "$@" </dev/null 3<&- &
        server=$!
        (
          read -r signal || { signal=QUIT; : >"$folder/abandoned"; }
          kill -s "$signal" "$server"
        ) <&3 2>/dev/null &
        reader=$!
        wait "$server"
        # With this the output ends, which tells us of a server that ended by itself.
        exec 2>/dev/null
        wait "$reader"
        [ ! -e "$folder/abandoned" ] || rm -rf "$folder"
        """;

    // Only keeps a test run from hanging.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private static readonly string? Programs = FindPrograms();

    private static readonly Lazy<PostgresServer> SharedServer = new(() => StartNew());

    private readonly Lock _gate = new();
    private string? _migrated;
    private readonly bool _durable;
    private readonly string _password = RandomNumberGenerator.GetHexString(32);
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _watchdog;
    private int _databases;

    private PostgresServer(bool durable, string? parent)
    {
        _durable = durable;
        Folder = parent is not null ? Directory.CreateDirectory(Path.Combine(parent, "postgres")).FullName
            : TestFolder.Create(FolderPrefix);
        Port = FreePort.Find();
    }

    /// <summary>Whether this machine has what <see cref="StartNew"/> needs.</summary>
    public static bool IsInstalled => Programs is not null;

    /// <summary>The one server of this test run; the first who asks waits for its start. Nobody stops it before the run ends.</summary>
    public static PostgresServer Shared => SharedServer.Value;

    /// <summary>Whether it is that one.</summary>
    public bool IsShared => SharedServer.IsValueCreated && SharedServer.Value == this;

    /// <summary>Everything of this server on the disk.</summary>
    public string Folder { get; }

    /// <summary>Stays the same over stops and starts.</summary>
    public int Port { get; }

    /// <summary>What the server has printed.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>For what the service's own role may not do. Never pooled: nothing of it is left after a command.</summary>
    public string SuperuserConnectionString => new NpgsqlConnectionStringBuilder(ConnectionStringOf("postgres", Superuser)) { Pooling = false }.ConnectionString;

    /// <summary>Starts a server that belongs to the caller, who disposes it.</summary>
    /// <param name="durable">
    /// Keeps every answered commit, as PostgreSQL does by default; for tests of faults. Without it nothing is flushed, and all is in memory where there is enough,
    /// which is much faster; <see cref="RestartImmediate"/> may lose the last commits.
    /// </param>
    /// <param name="parent">The folder that gets the server's own, on the disk that is meant. Null: memory, or the folder for temporary files.</param>
    public static PostgresServer StartNew(bool durable = false, string? parent = null)
    {
        var server = new PostgresServer(durable, parent);
        try
        {
            File.WriteAllText(Path.Combine(server.Folder, "password"), server._password);
            server.Start();
            server.Execute($"CREATE ROLE {Role} LOGIN PASSWORD '{server._password}'");
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Ends the shared server, if any test has used it.</summary>
    public static void DisposeShared()
    {
        if (SharedServer.IsValueCreated)
        {
            SharedServer.Value.Dispose();
        }
    }

    /// <summary>The name of the database in a connection string of ours.</summary>
    public static string NameOf(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Database!;

    /// <summary>A fresh, empty database that belongs to the service's role; its connection string, for that role.</summary>
    public string CreateDatabase() => CreateDatabaseFrom("template1");

    /// <summary>A fresh database that has this program's schema already, as a service leaves it that has served nobody.</summary>
    public string CreateMigratedDatabase()
    {
        lock (_gate)
        {
            if (_migrated is null)
            {
                var connectionString = CreateDatabase();
                // Here and nowhere else: many fixtures wait for the one database, at their synchronous beginning.
                PostgresDatabase.OpenAsync(new StorageOptions { ConnectionString = connectionString }, TimeProvider.System, [new SchedulerTables()])
                    .GetAwaiter().GetResult().Dispose();
                _migrated = NameOf(connectionString);
                DropConnections(_migrated);
            }

            return Copy(_migrated);
        }
    }

    /// <summary>A fresh copy of a database, such as one that the service has migrated: much faster than to migrate again.</summary>
    /// <remarks>Nobody may use the template meanwhile: whoever is still connected to it is thrown out, such as the pool of a service that has ended.</remarks>
    public string CreateDatabaseFrom(string templateName)
    {
        DropConnections(templateName);
        return Copy(templateName);
    }

    /// <summary>Drops a database, whoever uses it.</summary>
    public void Drop(string connectionString) => Execute($"DROP DATABASE IF EXISTS {NameOf(connectionString)} WITH (FORCE)");

    /// <summary>Cuts all connections to a database, and returns when they are gone.</summary>
    public void DropConnections(string databaseName) =>
        Execute($"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{databaseName}'");

    /// <summary>What a power cut is to the clients: all connections die at once, and the server recovers its data in the same place, on the same port.</summary>
    public void RestartImmediate()
    {
        Stop(immediate: true);
        Start();
    }

    /// <summary>Ends the server: it cuts its connections and tidies up, or just ends (<paramref name="immediate"/>). The data stay.</summary>
    public void Stop(bool immediate = false)
    {
        _watchdog!.StandardInput.WriteLine(immediate ? "QUIT" : "INT");
        _watchdog.StandardInput.Flush();
        WaitForEnd();
    }

    /// <summary>Starts a stopped server again, and returns when it serves.</summary>
    public void Start()
    {
        if (_watchdog is not null)
        {
            throw new InvalidOperationException("It runs already.");
        }

        string[] settings =
        [
            $"port={Port}",
            "listen_addresses=127.0.0.1",
            $"unix_socket_directories={Folder}",
            "max_connections=300",
            "timezone=UTC",
            .. _durable ? Array.Empty<string>() : ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=256MB", "autovacuum=off"],
        ];
        string[] arguments = [Folder, Programs ?? throw new InvalidOperationException(NotInstalled), Environment.IsPrivilegedProcess ? Superuser : ""];
        var start = new ProcessStartInfo("sh", ["-c", Watchdog, "sh", .. arguments, .. settings.SelectMany(setting => (string[])["-c", setting])])
        {
            // Where its user may be; the folder that the tests run in may be private.
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        // The language of its messages: we wait for one.
        start.Environment["LC_ALL"] = "C";

        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _watchdog = new Process { StartInfo = start };
        _watchdog.ErrorDataReceived += (_, line) => Keep(line.Data, ready);
        _watchdog.Start();
        _watchdog.BeginErrorReadLine();
        if (!ready.Task.Wait(Longest) || !ready.Task.Result)
        {
            throw new InvalidOperationException($"PostgreSQL did not start:\n{Log}");
        }
    }

    /// <summary>Ends the server and removes its folder: by letting go of it, which is also what the death of this process does.</summary>
    public void Dispose()
    {
        if (_watchdog is not null)
        {
            _watchdog.StandardInput.Close();
            WaitForEnd();
        }

        // Still there when the server did not start, or was stopped before.
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    // Debian keeps several versions beside each other, in folders that are in nobody's PATH.
    private static string? FindPrograms()
    {
        const string Versions = "/usr/lib/postgresql";
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var newestFirst = Directory.Exists(Versions)
            ? from folder in Directory.GetDirectories(Versions)
              let version = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0
              orderby version descending
              select Path.Combine(folder, "bin")
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return newestFirst.Concat(path).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    private string ConnectionStringOf(string database, string user) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = user,
        Password = _password,
    }.ConnectionString;

    private string Copy(string templateName)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        Execute($"CREATE DATABASE {name} OWNER {Role} TEMPLATE {templateName}");
        return ConnectionStringOf(name, Role);
    }

    private void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(SuperuserConnectionString);
        connection.Open();
#pragma warning disable CA2100 // All names in it are ours.
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private void WaitForEnd()
    {
        if (!_watchdog!.WaitForExit(Longest))
        {
            _watchdog.Kill(entireProcessTree: true);
            _watchdog.WaitForExit();
        }

        _watchdog.Dispose();
        _watchdog = null;
    }

    private void Keep(string? line, TaskCompletionSource<bool> ready)
    {
        if (line is null)
        {
            ready.TrySetResult(false);
            return;
        }

        _log.Enqueue(line);
        if (line.Contains(Ready, StringComparison.Ordinal))
        {
            ready.TrySetResult(true);
        }
    }
}
