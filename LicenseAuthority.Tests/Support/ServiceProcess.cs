using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace LicenseAuthority.Tests.Support;

/// <summary>The built service as a process of its own, started as an operator starts it. What it prints is kept.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<Uri?> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => _address.TrySetResult(null);
    }

    private event Action<string>? LinePrinted;

    /// <summary>Everything printed so far.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Starts it. <paramref name="environment"/> are its environment variables, beside those of this process.</summary>
    public static ServiceProcess Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var dll = Repository.PathTo("artifacts", "bin", "LicenseAuthority", Repository.Configuration, "LicenseAuthority.dll");
        var start = new ProcessStartInfo("dotnet", [dll, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var service = new ServiceProcess(new Process { StartInfo = start });
        service._process.Start();
        service._process.BeginOutputReadLine();
        service._process.BeginErrorReadLine();
        return service;
    }

    /// <summary>Waits until it serves and says where; fails when it ends instead.</summary>
    public async Task<Uri> ListeningAsync() =>
        await InGoodTimeAsync(_address.Task) ?? throw new InvalidOperationException($"The service ended instead of serving:\n{Output}");

    /// <summary>Waits until it has printed a line with this text; fails when it ends instead.</summary>
    public async Task PrintedAsync(string text)
    {
        var printed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(string line)
        {
            if (line.Contains(text, StringComparison.Ordinal))
            {
                printed.TrySetResult();
            }
        }

        LinePrinted += Look;
        try
        {
            foreach (var line in _lines)
            {
                Look(line);
            }

            await InGoodTimeAsync(Task.WhenAny(printed.Task, _process.WaitForExitAsync()));
            Assert.That(printed.Task.IsCompleted, Is.True, $"The service ended without printing \"{text}\":\n{Output}");
        }
        finally
        {
            LinePrinted -= Look;
        }
    }

    /// <summary>Waits for its end; the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        return await InGoodTimeAsync(ExitCodeAsync());

        async Task<int> ExitCodeAsync()
        {
            await _process.WaitForExitAsync();
            return _process.ExitCode;
        }
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Ends it as systemd does, on Unix; the exit code.</summary>
    /// <remarks>Not as Ctrl+C does: a test run that a script has put into the background ignores that signal, and so would the service.</remarks>
    public async Task<int> TerminateAsync()
    {
        using (Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            return await ExitAsync();
        }
    }

    /// <summary>Ends it in the middle of whatever it does (SIGKILL), and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    // One that hangs fails its test, with what it has printed, and not the whole run.
    private async Task<T> InGoodTimeAsync<T>(Task<T> task)
    {
        try
        {
            return await task.WaitAsync(Patience.Length);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"The service neither ended nor did what was waited for:\n{Output}", exception);
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        _lines.Enqueue(line);
        LinePrinted?.Invoke(line);
        var at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            _address.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
        }
    }
}
