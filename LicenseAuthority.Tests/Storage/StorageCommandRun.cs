using LicenseAuthority.Commands;
using LicenseAuthority.Expiry;
using LicenseAuthority.Mark;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Configuration;

namespace LicenseAuthority.Tests.Storage;

/// <summary>What a <c>storage</c> command said, run in this process as Program.cs runs it.</summary>
internal sealed record StorageCommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>Runs <c>storage …</c>; relative paths start at <paramref name="contentRoot"/>.</summary>
    public static async Task<StorageCommandRun> RunAsync(string contentRoot, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var dispatcher = new CommandDispatcher(
            settings => (new ConfigurationBuilder().AddCommandLine(settings).Build(), contentRoot, false), TimeProvider.System, output, error);
        var exitCode = await dispatcher.DispatchAsync(
            ["storage", .. arguments], [StorageCommand.Create(dispatcher, [new SchedulerTables()], RestoredCommand.Create(dispatcher))], _ => throw new AssertionException("It began to serve."));
        return new StorageCommandRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The settings of a PostgreSQL database, as arguments.</summary>
    public static string[] Postgres(string connectionString) => ["--Storage:Provider=Postgres", $"--Storage:ConnectionString={connectionString}"];

    /// <summary>Asserts that it refused in one line that has these words, and printed no password.</summary>
    public void AssertRefused(params string[] words)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ExitCode, Is.EqualTo(1), Output);
            Assert.That(Output, Is.Empty);
            Assert.That(Error.TrimEnd(), Does.Not.Contain('\n'), "one line");
            foreach (var word in words)
            {
                Assert.That(Error, Does.Contain(word));
            }

            AssertNoPassword(Error);
        }
    }

    /// <summary>Asserts that a text holds no password of the tests.</summary>
    public static void AssertNoPassword(string text)
    {
        Assert.That(text, Does.Not.Contain("hunter2"));
        if (PostgresServer.IsInstalled)
        {
            Assert.That(text, Does.Not.Contain(new Npgsql.NpgsqlConnectionStringBuilder(PostgresServer.Shared.SuperuserConnectionString).Password!));
        }
    }
}
