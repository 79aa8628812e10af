using LicenseAuthority.Tests.Support;
namespace LicenseAuthority.Tests.Storage;

/// <summary>What may be written after <c>LicenseAuthority storage</c>.</summary>
internal sealed class StorageCommandTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = TestFolder.Create();

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("--Storage:ConnectionString", "Data Source=a.db")]
    [TestCase("--storage:connectionstring=Data Source=a.db")]
    [TestCase("/Storage:ConnectionString", "Data Source=a.db")]
    public async Task Settings_InEverySpellingOfTheHost_AreTaken(params string[] setting)
    {
        var run = await StorageCommandRun.RunAsync(_folder, ["migrate", .. setting]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(File.Exists(Path.Combine(_folder, "a.db")), Is.True);
    }

    // Nothing is taken for a setting, or for its value, that is meant for the command.
    [Test]
    public async Task Options_BetweenSettings_AreTaken()
    {
        Assert.That((await StorageCommandRun.RunAsync(_folder, "migrate", "--Storage:ConnectionString=Data Source=a.db")).ExitCode, Is.Zero);

        var run = await StorageCommandRun.RunAsync(
            _folder, "backup", "--Storage:Provider", "Sqlite", "--to", Path.Combine(_folder, "b.db"), "--Storage:ConnectionString", "Data Source=a.db");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(File.Exists(Path.Combine(_folder, "b.db")), Is.True);
    }

    [TestCase("migrate, backup, copy")]
    [TestCase("migrate, backup, copy", "hunter2")]
    [TestCase("An argument", "migrate", "hunter2")]
    [TestCase("--to", "migrate", "--to", "hunter2")]
    [TestCase("--Keys:Passphrase", "migrate", "--Keys:Passphrase=hunter2")]
    [TestCase("--Storage:ConnectionString", "migrate", "--Storage:ConectionString=hunter2")]
    [TestCase("--Storage:ConnectionString", "migrate", "--Storage:ConnectionString")]
    [TestCase("--Storage:ConnectionString", "migrate", "--Storage:ConnectionString", "--to")]
    [TestCase("--to", "backup")]
    [TestCase("--to", "backup", "--to")]
    [TestCase("--to", "backup", "--to", "")]
    [TestCase("--to", "backup", "--to", "-h")]
    [TestCase("--to", "backup", "--to", "hunter2", "--to", "hunter2")]
    [TestCase("--undo-move", "backup", "--to", "hunter2", "--undo-move")]
    [TestCase("--undo-move", "copy")]
    [TestCase("--undo-move", "copy", "--to", "hunter2", "--undo-move")]
    [TestCase("--undo-move", "copy", "--undo-move=hunter2")]
    [TestCase("--force", "copy", "--to", "hunter2", "--force", "hunter2")]
    [TestCase("An argument", "copy", "--to", "Host=x;Password=hunter2", "hunter2 that was cut by a blank")]
    public async Task Run_NotUnderstood_NamesTheOptionAndRepeatsNoValue(string named, params string[] arguments)
    {
        var run = await StorageCommandRun.RunAsync(_folder, arguments);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Output, Is.Empty);
        Assert.That(run.Error, Does.Contain(named).And.Not.Contains("hunter2"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    [TestCase("migrate", "--help")]
    [TestCase("copy", "--to", "x", "-h")]
    [TestCase("--help", "")]
    public async Task Run_Help_PrintsUsage(params string[] arguments)
    {
        var run = await StorageCommandRun.RunAsync(_folder, [.. arguments.Where(argument => argument.Length > 0)]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("Usage:").And.Contain(arguments[0] == "--help" ? "backup" : "--environment-file"));
    }
}
