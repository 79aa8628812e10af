using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Storage;

/// <summary>A data folder that other users of the machine may read was no word, while a keys folder is.</summary>
internal sealed class SqliteFolderReportTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Test]
    public async Task Start_FolderOrFileOpenToOthers_IsAWarningThatNamesIt()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no file modes.");
            return;
        }

        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        Assert.That(Warnings(app), Is.Empty, "what the service makes is closed");

        var folder = Path.GetDirectoryName(app.DatabasePath)!;
        File.SetUnixFileMode(folder, OwnerOnly | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(app.DatabasePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        await app.RestartAsync();

        var warnings = Warnings(app);
        Assert.That(warnings, Has.Count.EqualTo(2));
        Assert.That(warnings[0], Does.Contain($" {folder} (").And.Contain("OtherRead").And.Contain("chmod"));
        Assert.That(warnings[1], Does.Contain($" {app.DatabasePath} (").And.Contain("GroupRead"));
    }

    private static List<string> Warnings(LicenseAuthorityApplication app) =>
        [.. app.Logs.Lines.Where(line => line.Level == LogLevel.Warning && line.Category.EndsWith("SqliteFolderReport", StringComparison.Ordinal)).Select(line => line.Message)];
}
