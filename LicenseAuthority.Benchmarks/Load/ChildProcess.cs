using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>A server that runs beside the benchmark. Disposal kills it: what it answered before must be on the disk all the same.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int KeptLines = 40;

    private readonly Process _process;
    private readonly Queue<string> _output = new();
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process)
    {
        _process = process;
        process.EnableRaisingEvents = true;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Exited += (_, _) => _port.TrySetException(new InvalidOperationException($"{process.StartInfo.FileName} ended.\n{Output}"));
    }

    /// <summary>The runtime that runs this program.</summary>
    public static string DotNet => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

    /// <summary>CPU time so far, of all its threads.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory in MB.</summary>
    public double MemoryMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    private string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Starts a program. Null when it is not installed.</summary>
    public static ChildProcess? TryStart(string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var child = new ChildProcess(new Process { StartInfo = start });
        try
        {
            child._process.Start();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        Interruption.Ends(child);
        return child;
    }

    /// <summary>Starts a .NET program with the runtime that runs this one.</summary>
    public static ChildProcess StartDotNet(string assembly, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        TryStart(DotNet, [assembly, .. arguments], Path.GetDirectoryName(assembly)!, environment)
        ?? throw new InvalidOperationException("The program dotnet is not in the path.");

    /// <summary>Starts a service: an assembly (.dll), or a program that was published with its runtime.</summary>
    public static ChildProcess StartService(string service, IReadOnlyDictionary<string, string> environment) =>
        Path.GetExtension(service) == ".dll" ? StartDotNet(service, [], environment)
        : TryStart(service, [], Path.GetDirectoryName(service)!, environment)
        ?? throw new InvalidOperationException($"'{service}' is no program: name LicenseAuthority.dll, or the program LicenseAuthority of a publish with its runtime.");

    /// <summary>The port that an ASP.NET Core server says it listens on.</summary>
    public Task<int> ReadPortAsync() => _port.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <inheritdoc/>
    public void Dispose()
    {
        Interruption.Forget(this);
        try
        {
            _process.Kill();
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.Enqueue(line);
            if (_output.Count > KeptLines)
            {
                _output.Dequeue();
            }
        }

        if (ListeningOn().Match(line) is { Success: true } match)
        {
            _port.TrySetResult(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        }
    }

    [GeneratedRegex("Now listening on: http://127\\.0\\.0\\.1:([0-9]+)")]
    private static partial Regex ListeningOn();
}
