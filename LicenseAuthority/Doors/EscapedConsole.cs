using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace LicenseAuthority.Doors;

/// <summary>
/// Writes control characters as <c>\u001B</c>, whichever formatter writes to the console: a caller's text must not move the cursor, change colours, turn the
/// direction of writing or begin a line that looks like one of ours.
/// </summary>
internal sealed class EscapedConsole(ConsoleFormatter inner) : ConsoleFormatter(inner.Name)
{
    /// <summary>Puts it around every formatter that is registered.</summary>
    public static void Wrap(IServiceCollection services)
    {
        foreach (var formatter in services.Where(static service => service.ServiceType == typeof(ConsoleFormatter)).ToList())
        {
            services.Remove(formatter);
            services.AddSingleton<ConsoleFormatter>(provider => new EscapedConsole(
                (ConsoleFormatter)ActivatorUtilities.CreateInstance(provider, formatter.ImplementationType!)));
        }
    }

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (Name == ConsoleFormatterNames.Json)
        {
            // JSON escapes by itself, and asks for the parts of a message one by one.
            inner.Write(logEntry, scopeProvider, textWriter);
            return;
        }

        var (formatter, exception) = (logEntry.Formatter, logEntry.Exception);
        inner.Write(
            new LogEntry<TState>(
                logEntry.LogLevel,
                logEntry.Category,
                logEntry.EventId,
                logEntry.State,
                exception is null ? null : new EscapedException(exception),
                (state, _) => Escape(formatter(state, exception))),
            scopeProvider is null ? null : new EscapedScopes(scopeProvider),
            textWriter);
    }

    private static string Escape(string? text, bool keepLines = false)
    {
        if (text is null || !text.Any(character => MustBeEscaped(character, keepLines)))
        {
            return text ?? "";
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            if (MustBeEscaped(character, keepLines))
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");
            }
            else
            {
                escaped.Append(character);
            }
        }

        return escaped.ToString();
    }

    // Control characters, what ends a line or turns the direction of writing, and halves of characters.
    private static bool MustBeEscaped(char character, bool keepLines) => character switch
    {
        '\r' or '\n' => !keepLines,
        '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') => true,
        _ => char.IsControl(character),
    };

    // Its own lines stay, those within a message do not.
    private sealed class EscapedException(Exception exception) : Exception
    {
        public override string ToString()
        {
            var text = exception.ToString();
            foreach (var message in Messages(exception).Where(static message => message.Length > 0))
            {
                text = text.Replace(message, Escape(message), StringComparison.Ordinal);
            }

            return Escape(text, keepLines: true);
        }

        private static IEnumerable<string> Messages(Exception exception)
        {
            var inner = exception is AggregateException several ? several.InnerExceptions : exception.InnerException is { } one ? [one] : (IEnumerable<Exception>)[];
            return inner.SelectMany(Messages).Append(exception.Message);
        }
    }

    private sealed class EscapedScopes(IExternalScopeProvider scopes) : IExternalScopeProvider
    {
        public void ForEachScope<TState>(Action<object?, TState> callback, TState state) =>
            scopes.ForEachScope((scope, given) => callback(Escape(scope?.ToString()), given), state);

        public IDisposable Push(object? state) => scopes.Push(state);
    }
}
