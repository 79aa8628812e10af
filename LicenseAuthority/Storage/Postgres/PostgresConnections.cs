using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>Makes connections to one PostgreSQL database, with bounded waiting. What the connection string says goes over what is set here.</summary>
internal sealed class PostgresConnections : IDisposable
{
    private const string Setting = StorageOptions.SectionName + ":" + nameof(StorageOptions.ConnectionString);

    // Seconds. The marketplace gives up after 5: to wait longer than this for a connection or a statement helps nobody. Nobody here leaves anything behind in a
    // session, whose reset would be seven statements for each time that a connection is taken; a transaction that is open is rolled back all the same.
    private const string Defaults =
        "Application Name=license-authority;Timeout=3;Command Timeout=4;Max Auto Prepare=128;Auto Prepare Min Usages=2;Keepalive=30;No Reset On Close=true";

    // The server compiles a plan that it takes for a long one, for 0.1 s and more. None of these is, but it overrates the rows of a table that it has not analyzed.
    // Not as a startup parameter, which pgbouncer would refuse.
    private const string NoCompilation = "SET jit = off";

    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _origin;

    static PostgresConnections() => DapperSettings.Apply();

    private PostgresConnections(NpgsqlConnectionStringBuilder settings, string origin)
    {
        _settings = settings;
        _origin = origin;

        // The driver's metrics show this name; its own would be the connection string, and with it the host and the user.
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = "license-authority" };
        builder.UsePhysicalConnectionInitializer(
            static connection =>
            {
                using var command = new NpgsqlCommand(NoCompilation, connection);
                command.ExecuteNonQuery();
            },
            static async connection =>
            {
                await using var command = new NpgsqlCommand(NoCompilation, connection);
                await command.ExecuteNonQueryAsync();
            });
        DataSource = builder.Build();
    }

    public NpgsqlDataSource DataSource { get; }

    /// <summary>Server, database and user: what may be shown to an operator. The password is not in it.</summary>
    public string Name => $"PostgreSQL database '{_settings.Database ?? _settings.Username}' at {_settings.Host}:{_settings.Port} as user '{_settings.Username}'";

    /// <summary>Checks the options. Connects to nothing.</summary>
    /// <exception cref="StorageException">A setting is wrong; the message names it and the remedy.</exception>
    public static PostgresConnections From(StorageOptions options) => From(options.ConnectionString, Setting);

    /// <summary>As <see cref="From(StorageOptions)"/>, for a connection string that is not the setting's.</summary>
    /// <param name="connectionString">Where.</param>
    /// <param name="origin">What messages call it.</param>
    public static PostgresConnections From(string connectionString, string origin)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder($"{Defaults};{connectionString}");
            if (string.IsNullOrEmpty(settings.Host))
            {
                throw new StorageException($"{origin} names no server: set it to something like '{Example}'.");
            }

            // A value in an error's detail may be a customer's name, and errors reach logs.
            settings.IncludeErrorDetail = false;
            return new PostgresConnections(settings, origin);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // The driver repeats a keyword that it does not know, and what it takes for one may be the rest of a password.
            var reason = connectionString.Contains("pass", StringComparison.OrdinalIgnoreCase) || connectionString.Contains("pwd", StringComparison.OrdinalIgnoreCase)
                ? "a keyword or a value in it is wrong; a password with ';' or '=' in it stands in quotes"
                : exception.Message;
            throw new StorageException($"{origin} cannot be read as one of PostgreSQL ({reason}): set it to something like '{Example}'.", exception);
        }
    }

    /// <summary>Opens a connection that is not pooled, for work under a lock of its own.</summary>
    /// <param name="patience">How long a server that is away is waited for. Null: not at all.</param>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    public async Task<NpgsqlConnection> OpenAloneAsync(StartPatience? patience = null)
    {
        // Migrations may take long, and others wait for their lock.
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        try
        {
            await (patience is null ? connection.OpenAsync() : patience.RepeatAsync(connection.OpenAsync, PostgresFaults.IsAway, Name));
            return connection;
        }
        catch (Exception exception) when (exception is NpgsqlException or System.Net.Sockets.SocketException or IOException)
        {
            await connection.DisposeAsync();
            throw new StorageException(
                $"{Name} cannot be reached ({exception.Message}): check {_origin}, that the server runs and lets this user in, and that the database exists.", exception);
        }
    }

    /// <summary>Says that the server refuses what is needed.</summary>
    public StorageException Unusable(Exception cause) =>
        new($"{Name} cannot be used ({cause.Message}): check {_origin}, and what this user may do there; docs/operations.md says what it must.", cause);

    /// <summary>Says "busy" in the domain's words.</summary>
    public StoreBusyException Busy(Exception cause, bool outcomeUnknown, bool isReported) =>
        new($"{Name} does not answer ({cause.Message})", outcomeUnknown, cause) { IsReported = isReported };

    /// <inheritdoc/>
    public void Dispose() => DataSource.Dispose();

    private const string Example = "Host=db.example.com;Database=license_authority;Username=license_authority;Password=…";
}
