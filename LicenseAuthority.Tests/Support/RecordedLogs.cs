using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Support;

/// <summary>Keeps every line that the service logs, with its category, its parameters and its exception. Thread-safe.</summary>
internal sealed class RecordedLogs : ILoggerProvider
{
    private readonly ConcurrentQueue<RecordedLog> _lines = new();

    public IReadOnlyCollection<RecordedLog> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Recorder(_lines, categoryName);

    public void Dispose()
    {
        // What was recorded is looked at after the service has ended.
    }

    private sealed class Recorder(ConcurrentQueue<RecordedLog> lines, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var parameters = state is IEnumerable<KeyValuePair<string, object?>> pairs ? string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}")) : "";
            lines.Enqueue(new RecordedLog(category, logLevel, formatter(state, exception), parameters, exception));
        }
    }
}
