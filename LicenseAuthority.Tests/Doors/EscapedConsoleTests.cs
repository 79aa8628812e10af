using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace LicenseAuthority.Tests.Doors;

/// <summary>Whoever calls could clear an operator's terminal, or write lines that look like ours.</summary>
internal sealed class EscapedConsoleTests
{
    // Escape, bell, delete, the eight-bit form of escape and bracket, line ends of all kinds, and what turns the direction of writing.
    private const string Evil = "a\u001B[2J\a\u007F\u009B31m\u0085\u2028\u202Eb\r\ninfo: LicenseAuthority[0]\n      From now on all is well\0";

    private static readonly string[] Formatters = [ConsoleFormatterNames.Simple, ConsoleFormatterNames.Systemd, ConsoleFormatterNames.Json];

    [Test]
    public async Task Line_WithControlCharactersAnywhere_ReachesTheConsoleEscaped([ValueSource(nameof(Formatters))] string name)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false", "Logging:Console:FormatterOptions:IncludeScopes=true"]);
        var formatter = app.Services.GetServices<ConsoleFormatter>().Single(formatter => formatter.Name == name);
        var scopes = new LoggerExternalScopeProvider();
        using var scope = scopes.Push("RequestPath:/" + Evil);
        var exception = Thrown(new InvalidOperationException("outer " + Evil, new AggregateException(new IOException("inner " + Evil))));
        using var console = new StringWriter();

        formatter.Write(
            new LogEntry<string>(LogLevel.Error, "LicenseAuthority.Test", new EventId(0), "said " + Evil, exception, static (state, _) => state), scopes, console);

        var text = console.ToString();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(text.Where(character => char.IsControl(character) && character != '\n').Distinct(), Is.Empty);
            Assert.That(text, Does.Not.Contain('\u202E').And.Not.Contain('\u2028'));
            Assert.That(text, Does.Contain("said a\\u001B[2J").And.Contain("outer a\\u001B[2J").And.Contain("inner a\\u001B[2J"));
            Assert.That(text.Split('\n').Select(line => line.Trim()), Has.None.StartsWith("info:").And.None.StartsWith("From now on"), "no line of the caller's making");
            Assert.That(text, Does.Contain(nameof(Thrown)), "the stack trace is there");
        }
    }

    [Test]
    public async Task Line_OfPlainText_IsAsItWas()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var formatter = app.Services.GetServices<ConsoleFormatter>().Single(formatter => formatter.Name == ConsoleFormatterNames.Simple);
        using var console = new StringWriter();

        formatter.Write(new LogEntry<string>(LogLevel.Warning, "Category", new EventId(7), "R&D 一号店 \U0001F511 \\", null, static (state, _) => state), null, console);

        Assert.That(console.ToString(), Is.EqualTo($"warn: Category[7]{Environment.NewLine}      R&D 一号店 \U0001F511 \\{Environment.NewLine}"));
    }

    private static InvalidOperationException Thrown(InvalidOperationException exception)
    {
        try
        {
            throw exception;
        }
        catch (InvalidOperationException caught)
        {
            return caught;
        }
    }
}
