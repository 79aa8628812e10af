using System.Diagnostics;
using System.Globalization;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>One bash, as a reader of the documentation has it open: what a block defines is there for the next one.</summary>
internal sealed class BashSession : IDisposable
{
    private readonly string _folder;
    private readonly Process _bash;
    private int _count;

    public BashSession(string folder, IReadOnlyDictionary<string, string> environment)
    {
        _folder = folder;
        var start = new ProcessStartInfo("bash", ["--noprofile", "--norc"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _bash = Process.Start(start)!;
    }

    /// <summary>Runs a block in this shell; returns what it printed, errors included.</summary>
    public async Task<string> RunAsync(string block)
    {
        var script = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"block-{++_count}.sh"));
        await File.WriteAllTextAsync(script, block);
        await _bash.StandardInput.WriteLineAsync($"source '{script}' < /dev/null > '{script}.out' 2>&1; echo done");
        await _bash.StandardInput.FlushAsync();
        try
        {
            var line = await _bash.StandardOutput.ReadLineAsync().WaitAsync(Patience.Length);
            Assert.That(line, Is.EqualTo("done"), "The shell ended.");
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The block did not end within {Patience.Length}:\n{block}\nIt printed:\n{await File.ReadAllTextAsync(script + ".out")}");
        }

        return await File.ReadAllTextAsync(script + ".out");
    }

    public void Dispose()
    {
        _bash.Kill(entireProcessTree: true);
        _bash.WaitForExit();
        _bash.Dispose();
    }
}
