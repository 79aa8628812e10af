using LicenseAuthority.Keys;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Keys;

/// <summary>What <c>keys revoke</c> says would die is counted in a database that a service is using.</summary>
[OnEveryDatabase]
internal sealed class LivingCodesTests
{
    [Test]
    public async Task Count_WhileServing_TheNewestOfEachBindingOfLivingLicenses()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var first = KeyFiles.Development.Certificate!.Serial;
        await SoldLicense.BuyAsync(app);
        var frozen = await SoldLicense.BuyAsync(app);
        var revoked = await SoldLicense.BuyAsync(app);
        var renewed = await SoldLicense.BuyAsync(app);
        await frozen.CommandAsync("freeze");
        await revoked.CommandAsync("revoke");
        Assert.That(await CountAsync(app), Is.EquivalentTo(new Dictionary<uint, long> { [first] = 3 }));
        var (id, code) = await new Device(app, "a").PlacedAsync(renewed.FirstCode);
        Assert.That(await CountAsync(app), Is.EquivalentTo(new Dictionary<uint, long> { [first] = 4 }), "a device's code is the newest of its own binding");

        var next = KeyFiles.Development.Next(LicenseAuthorityApplication.Now);
        next.CopyTo(Path.Combine(app.Folder, "keys"));
        await app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);
        Assert.That((await renewed.RefreshAsync(app.Time.GetUtcNow().AddDays(40))).ResultCode, Is.EqualTo("000000"));
        Assert.That(await CountAsync(app), Is.EquivalentTo(new Dictionary<uint, long> { [first] = 3, [next.Certificate!.Serial] = 1 }));
        Assert.That(await CountAsync(app, TimeSpan.FromDays(30)), Is.EquivalentTo(new Dictionary<uint, long> { [first] = 1, [next.Certificate.Serial] = 1 }), "what the clock released meanwhile is dead");

        Assert.That((await Device.FreeAsync(app, id, code)).Status, Is.EqualTo(204));
        Assert.That(await CountAsync(app), Is.EquivalentTo(new Dictionary<uint, long> { [first] = 2, [next.Certificate.Serial] = 1 }), "a freed device's code is dead");
    }

    [Test]
    [SqliteOnly("the file is asked for")]
    public void Count_NoDatabase_TellsWhichAndMakesNone()
    {
        var folder = TestFolder.Create();
        try
        {
            Assert.That(
                () => LivingCodes.CountAsync(new ConfigurationBuilder().Build(), folder, TimeProvider.System),
                Throws.TypeOf<StorageException>().With.Message.Contains("There is no database").And.Message.Contains(folder));
            Assert.That(Directory.EnumerateFileSystemEntries(folder), Is.Empty);
        }
        finally
        {
            Directory.Delete(folder);
        }
    }

    private static Task<IReadOnlyDictionary<uint, long>> CountAsync(LicenseAuthorityApplication app, TimeSpan later = default)
    {
        var settings = app.IsOnPostgres
            ? new Dictionary<string, string?> { ["Storage:Provider"] = "Postgres", ["Storage:ConnectionString"] = app.PostgresConnectionString }
            : new Dictionary<string, string?> { ["Storage:ConnectionString"] = $"Data Source={app.DatabasePath}" };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        return LivingCodes.CountAsync(configuration, app.Folder, new FakeTimeProvider(app.Time.GetUtcNow() + later));
    }
}
