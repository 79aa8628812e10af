using System.Data.Common;
using System.Net.Http.Headers;
using LicenseAuthority.Client;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The real service on real Kestrel with a real database, in a folder of its own that goes with it: what Program.cs starts, in Development unless told
/// otherwise, with the product's appsettings.json. The database is of the kind that the fixture runs on (<see cref="TestDatabases.Current"/>), fresh, and
/// dropped in the end. The clock stands still at <see cref="Now"/> until <see cref="Time"/> is moved.
/// Any number may run at once.
/// </summary>
internal sealed class LicenseAuthorityApplication : IAsyncDisposable
{
    /// <summary>The access key that the service takes in Development.</summary>
    public const string DemoAccessKey = "demo-access-key-not-for-production";

    public const string AdminKey = "admin-key-for-tests-0123456789-0123456789";

    public const string PublicUrl = "https://license.example.com";

    /// <summary>Where the clock stands at the start.</summary>
    public static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string[] _settings;
    private readonly Action<WebApplicationBuilder>? _configure;
    private readonly PostgresServer? _postgres;
    private readonly string? _postgresDatabase;
    private readonly bool _sharesDatabase;
    private WebApplication? _host;
    private HttpClient? _client;

    private LicenseAuthorityApplication(string[] settings, Action<WebApplicationBuilder>? configure, PostgresServer? postgres, string? postgresDatabase)
    {
        _settings = settings;
        _configure = configure;
        _postgres = postgres;
        _postgresDatabase = postgresDatabase ?? postgres?.CreateMigratedDatabase();
        _sharesDatabase = postgresDatabase is not null;
        Folder = Directory.CreateTempSubdirectory("license-authority-").FullName;
        File.Copy(Repository.PathTo("LicenseAuthority", "appsettings.json"), Path.Combine(Folder, "appsettings.json"));
    }

    /// <summary>Content root; <c>keys/</c> and <c>data/</c> are in it.</summary>
    public string Folder { get; }

    /// <summary>The database file; there is none on PostgreSQL.</summary>
    public string DatabasePath => _postgres is not null ? throw SqliteOnly(nameof(DatabasePath)) : Path.Combine(Folder, "data", "license-authority.db");

    public FakeTimeProvider Time { get; } = new(Now);

    public RecordedLogs Logs { get; } = new();

    public IServiceProvider Services => _host!.Services;

    /// <summary>The store's writer, to block it; there is none on PostgreSQL.</summary>
    public SqliteWriter Writer => _postgres is not null ? throw SqliteOnly(nameof(Writer)) : Services.GetRequiredService<SqliteDatabase>().Writer;

    /// <summary>What the service opens its database with, on PostgreSQL.</summary>
    public string PostgresConnectionString => _postgresDatabase ?? throw new InvalidOperationException("This application runs on SQLite.");

    /// <summary>Where it listens.</summary>
    public IEnumerable<string> Addresses => _host!.Urls;

    /// <summary>Sends no credentials by itself.</summary>
    public HttpClient Client => _client!;

    /// <summary>Calls with the demo access key.</summary>
    public MarketplaceCaller Marketplace => CallerWith(DemoAccessKey);

    /// <summary>An operator with the bootstrap key.</summary>
    public AdminCaller Admin => new(Client);

    /// <summary>What licensed software embeds.</summary>
    public static IReadOnlyList<string> RootLines => KeyFiles.Development.RootLines;

    /// <summary>Starts the service. <paramref name="settings"/> are <c>Section:Key=value</c>; <paramref name="configure"/> may replace services.</summary>
    /// <remarks>
    /// <paramref name="keys"/>: default <see cref="KeyFiles.Development"/>. <paramref name="postgres"/>: a server of the test's own, to stop it; whatever
    /// database the fixture runs on. <paramref name="beside"/>: another node, whose PostgreSQL database this one serves too; end this one first.
    /// </remarks>
    public static async Task<LicenseAuthorityApplication> StartAsync(
        string[]? settings = null, Action<WebApplicationBuilder>? configure = null, KeyFiles? keys = null, PostgresServer? postgres = null,
        LicenseAuthorityApplication? beside = null)
    {
        postgres ??= beside?._postgres;
        postgres ??= TestDatabases.Current == TestDatabase.Postgres ? PostgresServer.Shared : null;
        var application = new LicenseAuthorityApplication(settings ?? [], configure, postgres, beside?.PostgresConnectionString);
        try
        {
            (keys ?? KeyFiles.Development).CopyTo(Path.Combine(application.Folder, "keys"));
            await application.StartHostAsync();
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings of a product, to be given to <see cref="StartAsync"/>.</summary>
    public static string[] Product(int number, string id, string marketplaceProductId, params string[] more) =>
    [
        $"Products:{number}:Id={id}",
        $"Products:{number}:MarketplaceProductIds:0={marketplaceProductId}",
        .. more.Select(setting => $"Products:{number}:{setting}"),
    ];

    /// <summary>Ends the service as an operator would, and starts it again in the same folder, once with these settings over the first ones.</summary>
    public async Task RestartAsync(params string[] settings)
    {
        await StopHostAsync();
        await StartHostAsync(settings);
    }

    /// <summary>Calls with another access key.</summary>
    public MarketplaceCaller CallerWith(string accessKey) => new(Client, accessKey);

    /// <summary>Asks the admin door.</summary>
    public async Task<HttpResponseMessage> AdminAsync(string path, string? key = AdminKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await Client.SendAsync(request);
    }

    /// <summary>What licensed software would say of a code, now.</summary>
    public LicenseCheck Check(string? code, string product = "demo-product", bool acceptTests = false) =>
        new LicenseVerifier(RootLines, product, new LicenseVerifierOptions { TimeProvider = Time, AcceptTestLicenses = acceptTests }).Check(code);

    /// <summary>The facts of all licenses, as stored.</summary>
    public async Task<List<License>> ReadLicensesAsync() => await Services.GetRequiredService<IDatabase>().ReadAsync(
        static session => session.Prepared($"SELECT {LicenseRow.Columns} FROM licenses l").QueryAsync(static row => LicenseRow.Read(row)));

    /// <summary>Reads the database from outside, as an operator's tool would: one column of all rows.</summary>
    /// <remarks>Integers are <c>long</c> on every database, and truth is 0 or 1: SQLite has nothing else.</remarks>
    public List<object> Query(string sql)
    {
        using var connection = OpenDatabase(readOnly: true);
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

    /// <summary>Changes the database from outside, as nobody should; the service must be stopped, or take it.</summary>
    public void Change(string sql)
    {
        using var connection = OpenDatabase(readOnly: false);
        using var command = CreateCommand(connection, sql);
        command.ExecuteNonQuery();
    }

    /// <summary>Ends the service as an operator would.</summary>
    public Task StopAsync() => StopHostAsync();

    /// <summary>How many rows each table has; equal before and after means that nothing was stored.</summary>
    public string CountRows()
    {
        string[] tables = ["licenses", "codes", "orders", "follow_up_orders", "answers", "events", "conflicts"];
        return string.Join(", ", tables.Select(table => $"{table} {Query($"SELECT COUNT(*) FROM {table}")[0]}"));
    }

    /// <summary>Returns when so many writes wait behind a blocked writer. The limit only keeps a test run from hanging.</summary>
    public void WaitForQueuedWrites(int count) =>
        Assert.That(SpinWait.SpinUntil(() => Writer.QueueLength >= count, TimeSpan.FromMinutes(1)), Is.True, "no write came");

    public async ValueTask DisposeAsync()
    {
        await StopHostAsync();
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        // A server of the test's own may be down now, and takes its databases with it.
        if (_postgres is { IsShared: true } && !_sharesDatabase)
        {
            _postgres.Drop(PostgresConnectionString);
        }
    }

    private static InvalidOperationException SqliteOnly(string member) =>
        new($"{member} exists on SQLite only, and this application runs on PostgreSQL: mark the test with [SqliteOnly(\"reason\")], or tell it without.");

    private static DbCommand CreateCommand(DbConnection connection, string sql)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Tests write their SQL themselves.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }

    // Not pooled: a connection that stays would keep the database from being closed, copied or dropped.
    private DbConnection OpenDatabase(bool readOnly)
    {
        DbConnection connection = _postgresDatabase is null
            ? new SqliteConnection($"Data Source={DatabasePath};Pooling=False{(readOnly ? ";Mode=ReadOnly" : "")}")
            : new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_postgresDatabase)
            {
                Pooling = false,
                Options = readOnly ? "-c default_transaction_read_only=on" : null,
            }.ConnectionString);
        connection.Open();
        return connection;
    }

    private async Task StartHostAsync(params string[] settings)
    {
        string[] defaults =
        [
            "urls=http://127.0.0.1:0",
            "environment=Development",
            $"contentRoot={Folder}",
            "hostBuilder:reloadConfigOnChange=false",
            $"PublicUrl={PublicUrl}",
            $"Admin:BootstrapApiKey={AdminKey}",
            .. _postgresDatabase is null ? Array.Empty<string>() : ["Storage:Provider=Postgres", $"Storage:ConnectionString={_postgresDatabase}"],
        ];
        _host = AuthorityHost.Build(
            [.. defaults.Concat(_settings).Concat(settings).Select(setting => "--" + setting)],
            builder =>
            {
                builder.Logging.ClearProviders().AddProvider(Logs);
                builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Time));
                _configure?.Invoke(builder);
            });
        await _host.StartAsync();
        _client = new HttpClient { BaseAddress = new Uri(_host.Urls.First()) };
    }

    private async Task StopHostAsync()
    {
        _client?.Dispose();
        _client = null;
        if (_host is not null)
        {
            await _host.StopAsync();
            await _host.DisposeAsync();
            _host = null;
        }
    }
}
