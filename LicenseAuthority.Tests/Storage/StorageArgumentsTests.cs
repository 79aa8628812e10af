using LicenseAuthority.Storage;

namespace LicenseAuthority.Tests.Storage;

internal sealed class StorageArgumentsTests
{
    [Test]
    public void Parse_Options_InBothSpellings()
    {
        var spaced = StorageArguments.Parse(["storage", "copy", "--Storage:ConnectionString", "Data Source=a.db", "--to", "Host=x;Password=p=q"]);
        var equals = StorageArguments.Parse(["storage", "copy", "--to=Host=x;Password=p=q", "--storage:connectionstring=Data Source=a.db"]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(spaced!.To, Is.EqualTo("Host=x;Password=p=q"));
            Assert.That(equals!.To, Is.EqualTo(spaced.To));
            Assert.That(spaced.Settings.Single(), Is.EqualTo("--Storage:ConnectionString=Data Source=a.db"));
            Assert.That(equals.Settings.Single(), Is.EqualTo("--storage:connectionstring=Data Source=a.db"));
        }
    }

    [TestCase("storage", "--help")]
    [TestCase("storage", "-h")]
    [TestCase("storage", "help")]
    [TestCase("storage", "backup", "--help")]
    [TestCase("storage", "copy", "--to", "x", "-h")]
    public void Parse_Help_IsUnderstood(params string[] arguments) =>
        Assert.That(StorageArguments.Parse(arguments)!.Subcommand, Is.EqualTo(StorageArguments.Help));

    [TestCase("storage")]
    [TestCase("storage", "hunter2")]
    [TestCase("storage", "migrate", "hunter2")]
    [TestCase("storage", "migrate", "--to", "hunter2")]
    [TestCase("storage", "migrate", "--Keys:Passphrase=hunter2")]
    [TestCase("storage", "migrate", "--Storage:ConnectionString")]
    [TestCase("storage", "migrate", "--Storage:ConnectionString=")]
    [TestCase("storage", "backup")]
    [TestCase("storage", "backup", "--to")]
    [TestCase("storage", "backup", "--to", "")]
    [TestCase("storage", "backup", "--to", "a", "--to", "b")]
    [TestCase("storage", "backup", "--to", "a", "--undo-move")]
    [TestCase("storage", "copy")]
    [TestCase("storage", "copy", "--to", "hunter2", "--undo-move")]
    [TestCase("storage", "copy", "--undo-move=yes")]
    [TestCase("storage", "copy", "--force", "hunter2")]
    public async Task Run_NotUnderstood_PrintsUsageAndDoesNotRepeatTheArguments(params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("license-authority-").FullName;
        try
        {
            var run = await StorageCommandRun.RunAsync(folder, arguments[1..]);

            Assert.That(run.ExitCode, Is.EqualTo(1));
            Assert.That(run.Output, Is.Empty);
            Assert.That(run.Error, Does.StartWith("Usage").And.Not.Contains("hunter2"));
            Assert.That(Directory.EnumerateFileSystemEntries(folder), Is.Empty);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task Run_Help_PrintsUsage()
    {
        var run = await StorageCommandRun.RunAsync(Path.GetTempPath(), "--help");

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.StartWith("Usage").And.Contains("storage migrate").And.Contains("storage backup").And.Contains("--undo-move"));
    }
}
