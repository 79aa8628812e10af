using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Keys;

/// <summary>
/// The <c>keys</c> commands as processes of their own, killed (SIGKILL) at random steps, told by what happens in their directory. Whatever is left, every private
/// key opens with one of the two passphrases, and the same command finishes.
/// </summary>
[Explicit("Takes minutes: many processes, each of which encrypts keys for seconds.")]
[Category("long")]
internal sealed class KeysCommandKilledTests
{
    private const string NewPassphrase = "another horse, another battery";
    private const int Rounds = 24;

    // More than any of the commands makes: created, written, renamed, for each of a few files.
    private const int MostEvents = 24;

    private string _folder = "";

    private KeyDirectory Directory => new(Path.Combine(_folder, "keys"));

    [SetUp]
    public async Task MakeKeys()
    {
        _folder = TestFolder.Create("license-authority-killed-");
        await RunAsync("init");
    }

    [TearDown]
    public void DeleteFolder() => System.IO.Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Passphrase_KilledAtRandom_EveryFileOpensWithOneOfTheTwoAndTheSameCommandFinishes()
    {
        var before = Contents();
        var killed = 0;
        for (var round = 0; round < Rounds; round++)
        {
            Restore(before);
            killed += await KillAsync("passphrase") ? 1 : 0;
            Assert.That(PrivateKeys().Select(name => Opens(name, KeyFolder.Passphrase) ^ Opens(name, NewPassphrase)), Has.All.True, $"round {round}");

            await RunAsync("passphrase");

            Assert.That(PrivateKeys().Select(name => Opens(name, NewPassphrase)), Has.All.True, $"round {round}");
            using var keys = KeyRing.Load(Directory, NewPassphrase, false, TimeProvider.System);
            Assert.That(keys.WindowFault, Is.Null);
        }

        Assert.That(killed, Is.GreaterThan(0), "none was killed before its end: the steps are too many");
    }

    [Test]
    public async Task Rotate_KilledAtRandom_TheDirectoryIsUsableAndTheSameCommandFinishes()
    {
        var before = Contents();
        var killed = 0;
        for (var round = 0; round < Rounds; round++)
        {
            Restore(before);
            var newest = Directory.ReadCertificates().Max(certificate => certificate.Serial);
            killed += await KillAsync("rotate") ? 1 : 0;
            Assert.That(PrivateKeys().Select(name => Opens(name, KeyFolder.Passphrase)), Has.All.True, $"round {round}");
            KeyRing.Load(Directory, KeyFolder.Passphrase, false, TimeProvider.System).Dispose();

            await RunAsync("rotate");

            using var keys = KeyRing.Load(Directory, KeyFolder.Passphrase, false, TimeProvider.System);
            Assert.That(Directory.ReadCertificates().Max(certificate => certificate.Serial), Is.GreaterThan(newest), $"round {round}");
        }

        Assert.That(killed, Is.GreaterThan(0), "none was killed before its end: the steps are too many");
    }

    // True: it was killed before it ended.
    private async Task<bool> KillAsync(string command)
    {
        // At once, or after so many of the events that its writing makes.
        var killAt = TestContext.CurrentContext.Random.Next(MostEvents);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = 0;
        void Count()
        {
            if (Interlocked.Increment(ref seen) >= killAt)
            {
                reached.TrySetResult();
            }
        }

        using var watcher = new FileSystemWatcher(Directory.FullPath) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.Size };
        watcher.Created += (_, _) => Count();
        watcher.Changed += (_, _) => Count();
        watcher.Renamed += (_, _) => Count();
        watcher.Deleted += (_, _) => Count();
        watcher.EnableRaisingEvents = true;
        using var process = Start(command);
        var ended = process.ExitAsync();
        if (killAt > 0 && await Task.WhenAny(reached.Task, ended) == ended)
        {
            Assert.That(await ended, Is.Zero, process.Output);
            return false;
        }

        await process.KillAsync();
        return await ended != 0;
    }

    private async Task RunAsync(string command)
    {
        using var process = Start(command);
        Assert.That(await process.ExitAsync(), Is.Zero, process.Output);
    }

    private ServiceProcess Start(string command) => ServiceProcess.Start(
        new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_CONTENTROOT"] = _folder,
            ["Keys__Passphrase"] = KeyFolder.Passphrase,
            ["Keys__NewPassphrase"] = NewPassphrase,
        },
        "keys", command, "--directory", Directory.FullPath);

    private string[] PrivateKeys() => [.. Contents().Keys.Where(static name => name.EndsWith(".pem", StringComparison.Ordinal))];

    private bool Opens(string name, string passphrase)
    {
        using var key = Ed25519PrivateKey.FromEncryptedPem(Directory.ReadText(name), passphrase, name);
        return key is not null;
    }

    // What is left of a write that was cut short is no key's file.
    private Dictionary<string, string> Contents() => System.IO.Directory.GetFiles(Directory.FullPath, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Directory.FullPath, path))
        .Where(static name => !Path.GetFileName(name).StartsWith('.'))
        .ToDictionary(static name => name, name => File.ReadAllText(Directory.PathOf(name)));

    private void Restore(Dictionary<string, string> contents)
    {
        foreach (var file in System.IO.Directory.GetFiles(Directory.FullPath, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        foreach (var (name, text) in contents)
        {
            File.WriteAllText(Directory.PathOf(name), text);
        }
    }
}
