using System.Text.RegularExpressions;
using LicenseAuthority.Commands;
using LicenseAuthority.Simulation;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Simulation;

/// <summary>What <c>simulate …</c> printed, run in this process as Program.cs runs it.</summary>
internal sealed partial record SimulateCommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>The lines that say that something came that was not expected.</summary>
    public IEnumerable<string> Deviations => Output.Split('\n').Where(static line => line.StartsWith('!'));

    /// <summary>Runs it; a service of its own is on the database of the fixture, unless another one is named.</summary>
    public static async Task<SimulateCommandRun> RunAsync(params string[] arguments)
    {
        var needsOne = !arguments.Contains("--against") && !arguments.Contains("--Storage:Provider");
        var database = needsOne && TestDatabases.Current == TestDatabase.Postgres ? PostgresServer.Shared.CreateDatabase() : null;
        try
        {
            return await RunAsync(arguments, database is null ? [] : ["--Storage:Provider", "Postgres", "--Storage:ConnectionString", database]);
        }
        finally
        {
            if (database is not null)
            {
                PostgresServer.Shared.Drop(database);
            }
        }
    }

    /// <summary>Asserts that all was as it must be, and that there was something.</summary>
    /// <param name="least">So many calls at least.</param>
    public void AssertNoDeviations(int least)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Deviations, Is.Empty);
            Assert.That(Error, Is.Empty);
            Assert.That(ExitCode, Is.Zero, Output);
            Assert.That(int.Parse(Sum().Match(Output).Groups["calls"].Value, System.Globalization.CultureInfo.InvariantCulture), Is.GreaterThanOrEqualTo(least));
        }
    }

    /// <summary>Asserts that it could not be run, in one line that has these words.</summary>
    public void AssertNotRun(params string[] words)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ExitCode, Is.EqualTo(2), Output);
            Assert.That(Output, Does.Not.Match(Sum().ToString()));
            Assert.That(Error, Does.Not.Contain("   at "));
            foreach (var word in words)
            {
                Assert.That(Error.Split('\n')[0], Does.Contain(word));
            }
        }
    }

    private static async Task<SimulateCommandRun> RunAsync(string[] arguments, string[] storage)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var dispatcher = new CommandDispatcher(ReadSettings, TimeProvider.System, output, error);
        var exitCode = await dispatcher.DispatchAsync(
            ["simulate", .. arguments, .. storage],
            [SimulateCommand.Create(dispatcher, static (settings, configure) => AuthorityHost.BuildAsync(settings, configure, onlyArguments: true))],
            static _ => throw new AssertionException("It began to serve."));
        return new SimulateCommandRun(exitCode, output.ToString(), error.ToString());
    }

    private static (Microsoft.Extensions.Configuration.IConfiguration, string, bool) ReadSettings(string[] arguments)
    {
        var builder = AuthorityHost.ReadSettings(arguments);
        return (builder.Configuration, builder.Environment.ContentRootPath, false);
    }

    [GeneratedRegex(@"(?m)^(?<calls>\d+) calls, (?<deviations>\d+) deviations\s*$")]
    private static partial Regex Sum();
}
