using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Docs;

/// <summary>The service as a process of its own, started in Development as <c>dotnet run</c> starts it, with its data and keys in a folder of the test.</summary>
internal sealed partial class ServiceProcess : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly StringBuilder _printed = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Add(line.Data);
        _process.ErrorDataReceived += (_, line) => Add(line.Data);
    }

    /// <summary>What it printed so far.</summary>
    public string Printed
    {
        get
        {
            lock (_printed)
            {
                return _printed.ToString();
            }
        }
    }

    /// <summary>The admin API key, as a person would copy it from the console.</summary>
    public string AdminKey => AdminKeyLine().Match(Printed).Groups[1].Value;

    /// <summary>Starts it and waits until it listens.</summary>
    public static async Task<ServiceProcess> StartAsync(string folder, int port)
    {
        var program = Repository.PathTo("artifacts", "bin", "LicenseAuthority", Repository.Configuration, "LicenseAuthority.dll");
        var address = string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
        var start = new ProcessStartInfo("dotnet", ["exec", program])
        {
            WorkingDirectory = Repository.PathTo("LicenseAuthority"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["ASPNETCORE_URLS"] = address;
        start.Environment["DOTNET_hostBuilder__reloadConfigOnChange"] = "false";
        start.Environment["PublicUrl"] = address;
        start.Environment["Storage__ConnectionString"] = $"Data Source={Path.Combine(folder, "data", "license-authority.db")}";
        start.Environment["Keys__Directory"] = Path.Combine(folder, "keys");

        var service = new ServiceProcess(new Process { StartInfo = start, EnableRaisingEvents = true });
        try
        {
            service._process.Exited += (_, _) => service._started.TrySetException(new InvalidOperationException("The service ended."));
            service._process.Start();
            service._process.BeginOutputReadLine();
            service._process.BeginErrorReadLine();
            await service._started.Task.WaitAsync(Longest);
            return service;
        }
        catch (Exception exception)
        {
            service.Dispose();
            throw new InvalidOperationException($"The service did not start: {service.Printed}", exception);
        }
    }

    /// <summary>Stops it as Ctrl+C does.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().WaitAsync(Longest);
        Assert.That(_process.ExitCode, Is.Zero, Printed);
    }

    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended, or was never started.
        }

        _process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_printed)
        {
            _printed.AppendLine(line);
        }

        if (line.Contains("Application started", StringComparison.Ordinal))
        {
            _started.TrySetResult();
        }
    }

    [GeneratedRegex(@"admin API key\s+(\S+)")]
    private static partial Regex AdminKeyLine();
}
