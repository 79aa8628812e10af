using LicenseAuthority.Mark;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>
/// A data folder that was not mounted, or a server that was set up anew: the service served silently from nothing, and a renewal, which the marketplace
/// calls once, was answered "unknown".
/// </summary>
[OnEveryDatabase]
internal sealed class AuthorityMarkTests
{
    private const string AccessKey = "an-access-key-of-production";

    private static readonly string[] Production =
    [
        "environment=Production",
        $"Marketplace:AccessKeys:0={AccessKey}",
        $"Keys:Passphrase={KeyFiles.ProductionPassphrase}",
        .. LicenseAuthorityApplication.Product(0, "editor", "*"),
    ];

    // Each costs two starts: elsewhere than in CI the one with the schema, and every ninth.
    private static readonly IEnumerable<int> Pages = Enumerable.Range(1, 40).Where(static page => TestDatabases.IsCi || page % 9 == 1);

    private static readonly string[] Remedies = ["Mount", "restore the backup", "LicenseAuthority storage restored"];

    [Test]
    public async Task Start_DatabaseIsAwayThoughTheAuthorityHasServed_IsRefusedAndMakesNone()
    {
        await using var app = await ServedAsync();
        await TakeDatabaseAwayAsync(app);

        await AssertRefusedAsync(app);

        if (TestDatabases.Current == TestDatabase.Sqlite)
        {
            Assert.That(Directory.Exists(Path.Combine(app.Folder, "data")), Is.False, "a folder that is to be mounted there must stay as it is");
        }
        else
        {
            Assert.That(app.Query("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")[0], Is.Zero, "into which the backup goes");
        }

        await AssertRefusedAsync(app);
    }

    // The mark was written before the address was bound: the right start was refused afterwards, as if it had lost what was sold.
    [Test]
    [SqliteOnly("the wrong database is another file")]
    [InCi("services are started as processes")]
    public async Task Start_AddressIsInUse_BindsTheKeysToNothing()
    {
        await using var app = await ServedAsync();
        var before = Mark(app).Find();
        await app.StopAsync();
        File.Delete(Mark(app).FullPath);
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();

        Assert.That(
            () => app.RestartAsync($"urls=http://{taken.LocalEndpoint}", "Storage:ConnectionString=Data Source=data/typo.db"), Throws.InstanceOf<IOException>());
        Assert.That(Mark(app).Find(), Is.Null, "it has served nobody");

        await app.RestartAsync(Production);
        Assert.That(Mark(app).Find()!.Authority, Is.EqualTo(before!.Authority));
    }

    // A database with published lists bound the keys while it started: their tokens were marked before the address was bound.
    [Test]
    [InCi("services are started as processes")]
    public async Task Start_AddressIsInUseAndThereAreLists_MakesNoMarkThatIsMissing()
    {
        await using var app = await ServedAsync();
        await app.StopAsync();
        Assert.That(app.Query("SELECT count(*) FROM status_list_uris WHERE token IS NOT NULL"), Is.EqualTo([1L]));
        File.Delete(Mark(app).FullPath);
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();

        Assert.That(() => app.RestartAsync([.. Production, $"urls=http://{taken.LocalEndpoint}"]), Throws.InstanceOf<IOException>());
        Assert.That(Mark(app).Find(), Is.Null, "it has served nobody");

        await app.RestartAsync(Production);
        var tokens = Mark(app).ListTokens(out _);
        Assert.That(tokens, Is.Not.Empty);
        Assert.That(Mark(app).Find()!.Published, Is.EquivalentTo(tokens.Select(static token => KeyValuePair.Create(token.Uri, token.Sequence))));
    }

    // "storage migrate" makes a database that looks as if it were there.
    [Test]
    public async Task Start_DatabaseWasMadeAnew_IsRefused()
    {
        await using var app = await ServedAsync();
        await TakeDatabaseAwayAsync(app);
        var migrated = await StorageCommandRun.RunAsync(app.Folder, ["migrate", .. OnThisDatabase(app)]);
        Assert.That(migrated.ExitCode, Is.Zero, migrated.Error);

        await AssertRefusedAsync(app);
    }

    [Test]
    public async Task Restored_ThenStart_BeginsAnewAndIsBoundToTheNewAuthority()
    {
        await using var app = await ServedAsync();
        var before = Mark(app).Find()!;
        await TakeDatabaseAwayAsync(app);

        var run = await StorageCommandRun.RunAsync(app.Folder, ["restored", $"--Keys:Directory={Path.Combine(app.Folder, "keys")}"]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain(before.Authority));
        await app.RestartAsync();

        Assert.That((await app.CallerWith(AccessKey).SendAsync(GetLicenseCall.For("CS2"))).ResultCode, Is.EqualTo("000000"));
        var after = Mark(app).Find()!;
        Assert.That(after.Authority, Is.Not.EqualTo(before.Authority));
        Assert.That(after.RestoredAt, Is.Null, "said once, it counts for one start");
        await TakeDatabaseAwayAsync(app);
        await AssertRefusedAsync(app);
    }

    [Test]
    public async Task Restored_NobodyHasServed_SaysSo()
    {
        var folder = TestFolder.Create();
        try
        {
            var run = await StorageCommandRun.RunAsync(folder, "restored");

            run.AssertRefused("There is no mark", "StatusLists:Directory");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task Start_Again_IsNoLossAndWritesTheMarkNoMore()
    {
        await using var app = await ServedAsync();

        // The stop writes what the last seconds brought.
        await app.StopAsync();
        var written = File.GetLastWriteTimeUtc(Mark(app).FullPath);

        await app.RestartAsync();

        Assert.That(File.GetLastWriteTimeUtc(Mark(app).FullPath), Is.EqualTo(written), "nothing happened");
        Assert.That((await app.CallerWith(AccessKey).SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
        Assert.That(app.Logs.Lines.Where(static line => line.Level >= LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task Development_DatabaseIsAway_BeginsAnewWithAWarning()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
        await TakeDatabaseAwayAsync(app);

        await app.RestartAsync();

        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
        var warnings = app.Logs.Lines.Where(static line => line.Level == LogLevel.Warning && line.Message.Contains("going on with a new database", StringComparison.Ordinal));
        Assert.That(warnings.ToList(), Has.Count.EqualTo(1));
        await app.RestartAsync();
        Assert.That(warnings.ToList(), Has.Count.EqualTo(1), "the mark is that of the new one");
    }

    // It was a warning: whoever lost the database afterwards, or restored it, was told nothing.
    [TestCase("Production")]
    [TestCase("Development")]
    public void Start_MarkCannotBeWritten_IsRefusedAndNamesTheSetting(string environment)
    {
        Assert.That(
            async () =>
            {
                await using var app = await LicenseAuthorityApplication.StartAsync(
                    [.. Production, $"environment={environment}", "StatusLists:Directory=appsettings.json/status-lists"], keys: KeyFiles.Production);
            },
            Throws.TypeOf<StorageException>().With.Message.Contains("StatusLists:Directory"));
    }

    // A full disk cuts it. Never as "ahead", and no reason to stand still.
    [TestCase("{ \"authority\": ")]
    [TestCase("")]
    [TestCase("{}")]
    [TestCase("null")]
    public async Task Start_MarkIsDamaged_IsAWarningAndTheMarkIsMadeAnew(string text)
    {
        await using var app = await ServedAsync();
        await app.StopAsync();
        var before = Mark(app).Find()!;
        await File.WriteAllTextAsync(Mark(app).FullPath, text);

        await app.RestartAsync();

        Assert.That(Warnings(app), Has.One.Items.And.All.Contains(Mark(app).FullPath));
        Assert.That(Mark(app).Find()!.NewestEvent, Is.EqualTo(before.NewestEvent));
    }

    [Test]
    public async Task Start_MarkIsMissingThoughTheDatabaseRemembersOne_IsAWarningAndTheMarkIsMadeAnew()
    {
        await using var app = await ServedAsync();
        await app.StopAsync();
        File.Delete(Mark(app).FullPath);

        await app.RestartAsync();

        Assert.That(Warnings(app), Has.One.Items.And.All.Contains("storage restored"));
        Assert.That(Mark(app).Find()!.NewestEvent, Is.Not.Null);
    }

    [Test]
    public async Task Mark_HasADirectoryOfItsOwn_WhenTheSettingSaysSo()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["StatusLists:Directory=elsewhere"]);

        Assert.That(new AuthorityMark(Path.Combine(app.Folder, "elsewhere")).Find(), Is.Not.Null);
        Assert.That(Directory.Exists(Path.Combine(app.Folder, "keys", "status-lists")), Is.False);
    }

    // 100 acknowledged orders were in it, and SQLite threw it away.
    [TestCase(true)]
    [TestCase(false)]
    [SqliteOnly("the write-ahead log of a file; a server keeps its own")]
    public async Task Start_LogWithoutItsDatabase_IsRefusedInDevelopmentTooAndStaysAsItIs(bool empty)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        await SoldLicense.BuyAsync(app);
        var log = await File.ReadAllBytesAsync(app.DatabasePath + "-wal");
        await app.StopAsync();
        await File.WriteAllBytesAsync(app.DatabasePath + "-wal", log);
        var database = await File.ReadAllBytesAsync(app.DatabasePath);
        File.Delete(app.DatabasePath);
        if (empty)
        {
            await File.WriteAllTextAsync(app.DatabasePath, "");
        }

        Assert.That(() => app.RestartAsync(), Throws.TypeOf<StorageException>().With.Message.Contains("-wal").And.Message.Contains("put the database back"));

        Assert.That(await File.ReadAllBytesAsync(app.DatabasePath + "-wal"), Is.EqualTo(log));
        await File.WriteAllBytesAsync(app.DatabasePath, database);
        await app.RestartAsync();
        Assert.That(app.Query("SELECT count(*) FROM orders")[0], Is.EqualTo(1L));
    }

    // Page 1 has the schema, the others the rows and indexes that a start reads, or does not.
    [Test]
    [SqliteOnly("pages of a file")]
    public async Task Start_PagesAreDamaged_IsRefusedInOneLineOrServes([ValueSource(nameof(Pages))] int page)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        await SoldLicense.BuyAsync(app);
        await app.StopAsync();
        using (var file = new FileStream(app.DatabasePath, FileMode.Open, FileAccess.Write))
        {
            // The file header stays: without it the file is no database, which is told already.
            file.Position = page == 1 ? 100 : (page - 1) * 4_096;
            file.Write(Enumerable.Repeat((byte)0xA5, page == 1 ? 3_996 : 4_096).ToArray());
        }

        try
        {
            await app.RestartAsync();
        }
        catch (Exception exception)
        {
            Assert.That(exception, Is.TypeOf<StorageException>().With.Message.Not.Contains('\n'));
        }

        SqliteConnection.ClearAllPools();
    }

    private static async Task<LicenseAuthorityApplication> ServedAsync()
    {
        var app = await LicenseAuthorityApplication.StartAsync(Production, keys: KeyFiles.Production);
        Assert.That((await app.CallerWith(AccessKey).SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
        return app;
    }

    private static IEnumerable<string> Warnings(LicenseAuthorityApplication app) =>
        app.Logs.Lines.Where(static line => line.Level >= LogLevel.Warning).Select(static line => line.Message);

    private static AuthorityMark Mark(LicenseAuthorityApplication app) => new(Path.Combine(app.Folder, "keys", "status-lists"));

    private static string[] OnThisDatabase(LicenseAuthorityApplication app) =>
        TestDatabases.Current == TestDatabase.Sqlite ? [] : StorageCommandRun.Postgres(app.PostgresConnectionString);

    private static async Task TakeDatabaseAwayAsync(LicenseAuthorityApplication app)
    {
        await app.StopAsync();
        if (TestDatabases.Current == TestDatabase.Sqlite)
        {
            Directory.Delete(Path.Combine(app.Folder, "data"), recursive: true);
        }
        else
        {
            app.Change("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        }
    }

    private static async Task AssertRefusedAsync(LicenseAuthorityApplication app)
    {
        StorageException? refusal = null;
        try
        {
            await app.RestartAsync();
        }
        catch (StorageException exception)
        {
            refusal = exception;
        }

        Assert.That(refusal, Is.Not.Null, "it served from nothing");
        foreach (var remedy in Remedies)
        {
            Assert.That(refusal!.Message, Does.Contain(remedy));
        }
    }
}
