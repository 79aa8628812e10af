using System.Diagnostics;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// Runs JavaScript with Node, and with packages of npm where <c>.ci/run</c> has put them. Where these are missing the tests are skipped; on CI they fail.
/// </summary>
internal static class NodePrograms
{
    // Below what a build makes: not committed, and cleaned with it.
    private static readonly string Packages = Repository.PathTo("artifacts", "npm");

    public static void Demand(params string[] packages)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string[] missing =
        [
            .. (string[])(folders.Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node"))) ? [] : ["node"]),
            .. packages.Where(package => !Directory.Exists(Path.Combine([Packages, "node_modules", .. package.Split('/')]))),
        ];
        if (missing.Length == 0)
        {
            return;
        }

        var reason = $"Not installed: {string.Join(", ", missing)}. What other implementations make of our codes and lists is not seen in this run; .ci/run installs them.";
        if (TestDatabases.IsCi)
        {
            Assert.Fail(reason);
        }

        Assert.Ignore(reason);
    }

    /// <summary>Runs node to its end, in the folder of the packages where there is one.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(IEnumerable<string> arguments, CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo("node", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory.Exists(Packages) ? Packages : Repository.PathTo(),
        };
        using var node = Process.Start(start)!;
        var output = node.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = node.StandardError.ReadToEndAsync(cancellationToken);
        await node.WaitForExitAsync(cancellationToken);
        return (node.ExitCode, await output, await errors);
    }
}
