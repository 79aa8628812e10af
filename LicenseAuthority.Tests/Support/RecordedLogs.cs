using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Support;

/// <summary>Keeps every line that the service logs, with its category, its parameters and its exception. Thread-safe.</summary>
internal sealed class RecordedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<RecordedLog> _lines = new();

    private event Action<RecordedLog>? Recorded;

    public IReadOnlyCollection<RecordedLog> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    /// <summary>Completes with the next line from now on that <paramref name="matches"/>; a <see cref="TimeoutException"/> when none comes in good time.</summary>
    public async Task<RecordedLog> NextAsync(Func<RecordedLog, bool> matches)
    {
        var found = new TaskCompletionSource<RecordedLog>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look(RecordedLog line)
        {
            if (matches(line))
            {
                found.TrySetResult(line);
            }
        }

        Recorded += Look;
        try
        {
            return await found.Task.WaitAsync(Patience.Length);
        }
        finally
        {
            Recorded -= Look;
        }
    }

    public void Dispose()
    {
        // What was recorded is looked at after the service has ended.
    }

    private sealed class Recorder(RecordedLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var parameters = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}")) : "";
            var line = new RecordedLog(category, logLevel, formatter(state, exception), parameters, exception);
            logs._lines.Enqueue(line);
            logs.Recorded?.Invoke(line);
        }
    }
}
