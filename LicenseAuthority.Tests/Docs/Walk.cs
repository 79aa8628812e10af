using System.Globalization;
using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>
/// Runs a page of the documentation as a reader would: the <c>bash walk</c> blocks one after the other in one shell, against the really started service, and
/// compares what they print with the <c>text walk</c> block that follows. Each line there must come, in this order; <c>…</c> stands for anything.
/// <para>
/// Adapted are the port, the admin API key that a reader pastes, how long a term lasts, and <c>dotnet run</c> of the sample and of the service's commands, which are
/// built.
/// </para>
/// </summary>
internal sealed partial class Walk : IDisposable
{
    private const string Port = "5080";
    private const string PastedKey = "la_…";
    private const string Start = "start the service";

    private readonly string _folder = TestFolder.Create("license-authority-walk-");
    private readonly int _port = FreePort.Find();
    private readonly BashSession _bash;
    private ServiceProcess? _service;
    private string? _printed;

    private Walk()
    {
        _bash = new BashSession(_folder, new Dictionary<string, string> { ["SECONDS_OF_TERM"] = "1" });
    }

    private string Address => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{_port}");

    /// <summary>Skips the test where a command is missing; on CI that is a failure.</summary>
    public static void Demand(params string[] commands)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var missing = commands.Where(command => !folders.Any(folder => File.Exists(Path.Combine(folder, command)))).ToList();
        var reason = !OperatingSystem.IsLinux() ? "The documentation's commands are run on Linux only (date -d)."
            : missing.Count > 0 ? $"Not installed: {string.Join(", ", missing)}. The documentation's commands were not run."
            : null;
        if (reason is null)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(reason);
        }

        Assert.Ignore(reason);
    }

    /// <summary>Runs the pages, each up to the block that holds its <c>until</c>, or to its end.</summary>
    public static async Task RunAsync(params (string Page, string? Until)[] pages)
    {
        Demand("bash", "openssl", "curl", "dotnet");
        using var walk = new Walk();
        await walk.StartAsync();
        await walk._bash.RunAsync(walk.Prologue());
        foreach (var (page, until) in pages)
        {
            foreach (var block in MarkdownPage.Read(page).Blocks)
            {
                await walk.RunAsync(page, block);
                if (until is not null && block.Body.Contains(until, StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
    }

    public void Dispose()
    {
        _bash.Dispose();
        _service?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task RunAsync(string page, MarkdownPage.Block block)
    {
        switch (block)
        {
            case { Info: "bash walk" }:
                _printed = await _bash.RunAsync(block.Body
                    .Replace(Port, _port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                    .Replace(PastedKey, AdminKeyLine().Match(_service!.Output).Groups[1].Value, StringComparison.Ordinal));
                break;
            case { Info: "text walk" }:
                Compare(page, block.Body);
                break;
            case { Info: "comment walk", Body: "stop the service" }:
                Assert.That(await _service!.TerminateAsync().WaitAsync(Patience.Length), Is.Zero, _service.Output);
                break;
            case { Info: "comment walk", Body: var body } when body.StartsWith(Start, StringComparison.Ordinal):
                await RestartAsync(body[Start.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                break;
            case { Info: var info } when info.EndsWith("walk", StringComparison.Ordinal):
                Assert.Fail($"{page}: a walk cannot do this: {block}");
                break;
        }
    }

    // Nothing, or "with" and the variables of the block before.
    private async Task RestartAsync(string[] words)
    {
        if (_service is { HasExited: false } running)
        {
            Assert.That(await running.TerminateAsync().WaitAsync(Patience.Length), Is.Zero, running.Output);
        }

        _service!.Dispose();
        await StartAsync(words.Skip(1).Select(static word => word.Split('=', 2)));
    }

    // As "dotnet run" starts it, with data and keys in the folder of the test.
    private async Task StartAsync(IEnumerable<string[]>? variables = null)
    {
        var settings = new Dictionary<string, string>(Settings())
        {
            ["ASPNETCORE_URLS"] = Address,
            ["DOTNET_hostBuilder__reloadConfigOnChange"] = "false",
            ["PublicUrl"] = Address,
        };
        foreach (var variable in variables ?? [])
        {
            settings[variable[0]] = variable[1];
        }

        _service = ServiceProcess.Start(settings);
        await _service.ListeningAsync().WaitAsync(Patience.Length);

        // The last line of what a reader is shown, behind the admin API key.
        await _service.PrintedAsync("next  ").WaitAsync(Patience.Length);
    }

    // What "dotnet run" gives to the service and to its commands.
    private Dictionary<string, string> Settings() => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["ASPNETCORE_CONTENTROOT"] = Repository.PathTo("LicenseAuthority"),
        ["Storage__ConnectionString"] = $"Data Source={Path.Combine(_folder, "data", "license-authority.db")}",
        ["Keys__Directory"] = Path.Combine(_folder, "keys"),
    };

    private void Compare(string page, string expected)
    {
        Assert.That(_printed, Is.Not.Null, $"{page}: there is an output without a command.");
        var lines = new Queue<string>(_printed!.Replace(_port.ToString(CultureInfo.InvariantCulture), Port, StringComparison.Ordinal).Split('\n'));
        foreach (var line in expected.TrimEnd('\n').Split('\n'))
        {
            var form = new Regex("^" + string.Join(".*", line.Split('…').Select(Regex.Escape)) + "$");
            while (lines.Count > 0 && !form.IsMatch(lines.Peek()))
            {
                lines.Dequeue();
            }

            Assert.That(lines.TryDequeue(out _), Is.True, $"{page} promises the line\n{line}\nwhich did not come, or not in this place. Printed was\n{_printed}");
        }
    }

    // What a reader's "dotnet run" builds is built here: it would only cost seconds, and two builds at once disturb each other.
    private string Prologue()
    {
        var sample = Repository.PathTo("artifacts", "bin", "OfflineVerify", Repository.Configuration, "OfflineVerify.dll");
        var service = Repository.PathTo("artifacts", "bin", "LicenseAuthority", Repository.Configuration, "LicenseAuthority.dll");
        Assert.That(File.Exists(sample), Is.True, $"{sample} is not built.");
        var settings = string.Join(' ', Settings().Select(static setting => $"'{setting.Key}={setting.Value}'"));
        return $$"""
            dotnet() {
              if [ "$1 $2 $3 $4" = "run --project samples/OfflineVerify --" ]; then shift 4; command dotnet exec '{{sample}}' "$@";
              elif [ "$1 $2 $3 $4" = "run --project LicenseAuthority --" ]; then shift 4; env {{settings}} dotnet exec '{{service}}' "$@";
              else echo "unexpected: dotnet $*"; fi
            }
            """;
    }

    [GeneratedRegex(@"admin API key\s+(\S+)")]
    private static partial Regex AdminKeyLine();
}
