using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Tests.Keys;

/// <summary>What <see cref="KeyServices.AddKeys"/> does in Development and in Production, with a real host.</summary>
internal sealed class KeyEnvironmentsTests
{
    private KeyFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new KeyFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task Development_EmptyDirectory_GeneratesOnceAndKeeps()
    {
        var first = await StartAsync(Environments.Development, passphrase: null);
        var files = _folder.Files();
        var second = await StartAsync(Environments.Development, passphrase: null);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.IsDevelopment, Is.True);
            Assert.That(first.RootLines, Has.Count.EqualTo(1));
            Assert.That(first.Warnings, Is.Empty);
            Assert.That(files, Has.Length.EqualTo(4));
            Assert.That(second.Current.KeyId, Is.EqualTo(first.Current.KeyId));
            Assert.That(_folder.Files(), Is.EqualTo(files));
        }
    }

    [Test]
    public async Task Development_DirectoryWithAReadMeOnly_CountsAsEmpty()
    {
        Directory.CreateDirectory(_folder.Directory.FullPath);
        await File.WriteAllTextAsync(_folder.Directory.PathOf("README.md"), "read me");

        Assert.That((await StartAsync(Environments.Development, passphrase: null)).IsDevelopment, Is.True);
    }

    [TestCase("roots.txt")]
    [TestCase("issuing-5.pem")]
    [TestCase("issuing-5.cert")]
    [TestCase("root/root-x.pem")]
    public async Task Development_AnythingOfASetOfKeys_GeneratesNothing(string name)
    {
        _folder.Write(name, "");

        using (Assert.EnterMultipleScope())
        {
            await Assert.ThatAsync(async () => await StartAsync(Environments.Development, passphrase: null), Throws.TypeOf<KeyException>());
            Assert.That(_folder.Files(), Is.EqualTo([name]));
        }
    }

    [Test]
    public async Task Development_KeysOfInitAndTheirPassphrase_UsesThem()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddIssuingKey(KeyFolder.Start);

        var keys = await StartAsync(Environments.Development, KeyFolder.Passphrase);

        Assert.That((keys.Current.Serial, keys.IsDevelopment), Is.EqualTo((certificate.Serial, false)));
    }

    [Test]
    public async Task Development_KeysOfInitWithoutPassphrase_NamesTheSetting()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(KeyFolder.Start);

        await Assert.ThatAsync(
            async () => await StartAsync(Environments.Development, passphrase: null),
            Throws.TypeOf<KeyException>().With.Message.Contains("Keys:Passphrase").And.Message.Contains("Keys__Passphrase"));
    }

    [Test]
    public async Task Development_PassphraseConfiguredAndDevelopmentKeys_StillStarts()
    {
        await StartAsync(Environments.Development, passphrase: null);

        Assert.That((await StartAsync(Environments.Development, KeyFolder.Passphrase)).IsDevelopment, Is.True);
    }

    [Test]
    public async Task Production_KeysAndPassphrase_Starts()
    {
        _folder.WriteRoots();
        var certificate = _folder.AddIssuingKey(KeyFolder.Start);

        var keys = await StartAsync(Environments.Production, KeyFolder.Passphrase);

        Assert.That((keys.Current.Serial, keys.IsDevelopment), Is.EqualTo((certificate.Serial, false)));
    }

    [TestCase("Production")]
    [TestCase("Staging")]
    public async Task Production_NoKeys_RefusesAndNamesTheCommand(string environment)
    {
        await RefusesAsync(environment, KeyFolder.Passphrase, "Keys:Directory", _folder.Directory.FullPath, "keys init");
        Assert.That(Directory.Exists(_folder.Directory.FullPath), Is.False, "nothing is made");
    }

    [TestCase(null)]
    [TestCase("")]
    public async Task Production_NoPassphrase_RefusesAndNamesSettingAndCommand(string? passphrase)
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(KeyFolder.Start);

        await RefusesAsync(Environments.Production, passphrase, "Keys:Passphrase", "Keys__Passphrase", "keys init");
    }

    [Test]
    public async Task Production_DevelopmentKeys_RefusesWhateverTheNameAndPassphrase()
    {
        await StartAsync(Environments.Development, passphrase: null);

        await RefusesAsync(Environments.Production, KeyFolder.Passphrase, "is a development key", "keys init", "Keys__Passphrase");
        await RefusesAsync(Environments.Production, KeyPassphrase.Development, "public development passphrase", "Keys:Passphrase", "keys init");
    }

    [Test]
    public async Task Production_DevelopmentRootBesideProductionKey_Refuses()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(KeyFolder.Start);
        var name = KeyDirectory.RootPrivateKeyFile("looks-like-production");
        _folder.Write(name, _folder.Root.ToEncryptedPem(KeyPassphrase.Development));

        await RefusesAsync(Environments.Production, KeyFolder.Passphrase, name, "is a development key");
    }

    [Test]
    public async Task Production_DamagedRootPrivateKey_RefusesAndNamesIt()
    {
        _folder.WriteRoots();
        _folder.AddIssuingKey(KeyFolder.Start);
        var name = KeyDirectory.RootPrivateKeyFile("damaged");
        _folder.Write(name, "-----BEGIN ENCRYPTED");

        await RefusesAsync(Environments.Production, KeyFolder.Passphrase, name, "damaged");
    }

    [Test]
    public async Task EmptyDirectorySetting_RefusesAndNamesIt()
    {
        using var host = Build(Environments.Development, passphrase: null, directory: " ");

        await Assert.ThatAsync(async () => await host.Services.OpenKeysAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains("Keys:Directory"));
    }

    private async Task RefusesAsync(string environment, string? passphrase, params string[] parts)
    {
        var exception = await Assert.ThrowsAsync<KeyException>(async () => await StartAsync(environment, passphrase));
        foreach (var part in parts)
        {
            Assert.That(exception!.Message, Does.Contain(part));
        }

        Assert.That(exception!.Message, Does.Not.Contain(KeyPassphrase.Development).And.Not.Contains(KeyFolder.Passphrase));
    }

    private async Task<KeyRing> StartAsync(string environment, string? passphrase)
    {
        using var host = Build(environment, passphrase, Path.GetFileName(_folder.Directory.FullPath));
        await host.Services.OpenKeysAsync();
        await host.StartAsync();
        var keys = host.Services.GetRequiredService<LiveKeys>().Ring;
        await host.StopAsync();
        return keys;
    }

    private IHost Build(string environment, string? passphrase, string directory)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings
        {
            EnvironmentName = environment,
            ContentRootPath = Path.GetDirectoryName(_folder.Directory.FullPath),
        });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Keys:Directory"] = directory, ["Keys:Passphrase"] = passphrase });
        builder.Services.AddSingleton<TimeProvider>(_folder.Time);
        builder.Services.AddSingleton<ICertificateLedger>(new NewDatabase());
        builder.Services.AddSingleton<ISettledClock>(new ClockInDoubt { IsSettled = true });
        builder.Services.AddKeys();
        return builder.Build();
    }

    private sealed class NewDatabase : ICertificateLedger
    {
        public ValueTask<uint> FindMinimumSerialAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(0u);

        public ValueTask<ServedSerials> FindHighestSerialsAsync(CancellationToken cancellationToken) => default;

        public Task RecordAsync(IReadOnlyList<KeyCertificate> certificates, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
