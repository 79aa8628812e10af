using LicenseAuthority.Commands;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;
using Microsoft.Extensions.Configuration;

namespace LicenseAuthority.Tests.Keys;

/// <summary>Runs <c>keys …</c> in this process as Program.cs does, in a folder of its own; there is no database unless a test says otherwise.</summary>
internal sealed class KeysCommandRun(KeyFolder folder, StringWriter output, StringWriter error)
{
    public const string NoDatabase = "There is no database here.";

    public string? Passphrase { get; init; }

    public string? NewPassphrase { get; init; }

    public bool IsDevelopment { get; init; }

    public Func<CommandRun, Task<IReadOnlyDictionary<uint, long>>> CountLivingCodes { get; init; } = _ => throw new StorageException(NoDatabase);

    public Task<int> RunAsync(params string[] arguments)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Keys:Passphrase"] = Passphrase, ["Keys:NewPassphrase"] = NewPassphrase })
            .Build();

        // The default of Keys:Directory is "keys", which is how the folder's own directory is called.
        var dispatcher = new CommandDispatcher(_ => (configuration, Path.GetDirectoryName(folder.Directory.FullPath)!, IsDevelopment), folder.Time, output, error);
        return dispatcher.DispatchAsync(arguments, [KeysCommand.Create(dispatcher, CountLivingCodes)], _ => throw new AssertionException("It began to serve."));
    }
}
