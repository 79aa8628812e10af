using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Data.Sqlite;

namespace LicenseAuthority.Tests.Storage;

/// <summary><c>storage backup</c> of a service on SQLite that runs meanwhile.</summary>
internal sealed class StorageBackupTests
{
    private LicenseAuthorityApplication _app = null!;

    [SetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync();

    [TearDown]
    public ValueTask Stop() => _app.DisposeAsync();

    [Test]
    public async Task Backup_WhileOrdersComeIn_HoldsAllThatWasAnsweredBeforeAndServes()
    {
        var before = new List<SoldLicense>();
        for (var i = 0; i < 20; i++)
        {
            before.Add(await SoldLicense.BuyAsync(_app));
        }

        // Busy on purpose: a backup in several steps would begin anew after each of these writes.
        using var enough = new CancellationTokenSource();
        var orders = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var sold = 0;
            for (; !enough.IsCancellationRequested; sold++)
            {
                await SoldLicense.BuyAsync(_app);
            }

            return sold;
        })).ToArray();
        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup);
        await enough.CancelAsync();
        var sold = (await Task.WhenAll(orders)).Sum();

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain(Backup).And.Contains("licenses").And.Contains($"{Migrations.Embedded(SqlDialect.Sqlite)[^1]}"));
        Assert.That(_app.Query("SELECT COUNT(*) FROM licenses")[0], Is.EqualTo(20L + sold), "every order was served");
        Assert.That(File.Exists(Backup + "-wal"), Is.False, "a file on its own");

        await _app.RestartAsync($"Storage:ConnectionString=Data Source={Backup}");
        foreach (var license in before)
        {
            Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(license.FirstCode));
        }
    }

    [Test]
    public async Task Backup_File_IsForTheOwnerOnlyAndNothingElseIsLeft()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no file modes.");
            return;
        }

        Assert.That((await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup)).ExitCode, Is.Zero);

        Assert.That(File.GetUnixFileMode(Backup), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(Left().Single(), Is.EqualTo("backup.db"));
    }

    [Test]
    public async Task Backup_OfAStoppedService_HoldsTheSame()
    {
        var license = await SoldLicense.BuyAsync(_app);
        await _app.StopAsync();

        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        await _app.RestartAsync($"Storage:ConnectionString=Data Source={Backup}");
        Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(license.FirstCode));
    }

    [Test]
    public async Task Backup_OfAServiceWithV2_AnswersTheSame()
    {
        await _app.RestartAsync(V2Life.Settings);
        var life = await V2Life.LiveAsync(_app);
        var before = await life.AnswersAsync(_app);
        await _app.WriteCallsAsync();
        Assert.That(V2Life.Tables.Where(table => (long)_app.Query($"SELECT count(*) FROM {table}")[0] == 0), Is.Empty);

        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        await _app.RestartAsync([$"Storage:ConnectionString=Data Source={Backup}", .. V2Life.Settings]);
        Assert.That(await life.AnswersAsync(_app), Is.EqualTo(before));
    }

    [Test]
    public async Task Backup_FileIsThere_RefusedAndUnchanged()
    {
        await File.WriteAllTextAsync(Backup, "precious");

        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup);

        run.AssertRefused(Backup, "is there already");
        Assert.That(await File.ReadAllTextAsync(Backup), Is.EqualTo("precious"));
        Assert.That(Left().Single(), Is.EqualTo("backup.db"));
    }

    [Test]
    public async Task Backup_FolderMissing_Refused()
    {
        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Path.Combine(_app.Folder, "nowhere", "backup.db"));

        run.AssertRefused("nowhere", "a folder that is there");
    }

    [Test]
    public async Task Backup_NoDatabase_RefusedAndNoneIsMade()
    {
        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup, "--Storage:ConnectionString=Data Source=other.db");

        run.AssertRefused("other.db", "Storage:ConnectionString");
        Assert.That(File.Exists(Path.Combine(_app.Folder, "other.db")), Is.False);
    }

    [Test]
    public async Task Backup_NotADatabase_RefusedAndNothingIsLeft()
    {
        await File.WriteAllTextAsync(Path.Combine(_app.Folder, "other.db"), new string('x', 10_000));

        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup, "--Storage:ConnectionString=Data Source=other.db");

        run.AssertRefused("other.db");
        Assert.That(Left(), Is.Empty);
    }

    [Test]
    public async Task Backup_RowsReferToNothing_RefusedAndNothingIsLeft()
    {
        await SoldLicense.BuyAsync(_app);
        using (var foreign = new SqliteConnection($"Data Source={_app.DatabasePath};Pooling=False"))
        {
            foreign.Open();
            using var command = foreign.CreateCommand();
            command.CommandText = "PRAGMA foreign_keys=OFF; DELETE FROM licenses";
            command.ExecuteNonQuery();
        }

        var run = await StorageCommandRun.RunAsync(_app.Folder, "backup", "--to", Backup);

        run.AssertRefused("refers to one that is not there");
        Assert.That(Left(), Is.Empty);
    }

    [Test]
    public async Task Backup_OfPostgres_NamesPgDump()
    {
        var run = await StorageCommandRun.RunAsync(_app.Folder, ["backup", "--to", Backup, .. StorageCommandRun.Postgres("Host=nowhere;Password=hunter2")]);

        run.AssertRefused("pg_dump");
    }

    private string Backup => Path.Combine(_app.Folder, "backup.db");

    private IEnumerable<string?> Left() => Directory.GetFiles(_app.Folder, "backup*").Select(Path.GetFileName);
}
