using System.Net;
using LicenseAuthority.Client;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Builder;

namespace LicenseAuthority.Tests.Clock;

/// <summary>
/// Keys made while the clock was ahead. Once it was right again every code lay before the certificate's window: 000005 to every order, and to an operator a
/// 500 that named no remedy.
/// </summary>
[OnEveryDatabase]
internal sealed class KeysMadeAheadTests
{
    [Test]
    public async Task FirstStart_ClockIsAheadByHours_TheKeysServeWhenItIsRight()
    {
        await using var app = await StartAheadAsync(TimeSpan.FromHours(23));
        await SoldLicense.BuyAsync(app);

        app.Machine.Shift = TimeSpan.Zero;

        await SoldLicense.BuyAsync(app);
    }

    [Test]
    public async Task FirstStart_ClockIsAheadByDays_SaysWhatIsWrongAndTheNextStartMendsIt()
    {
        await using var app = await StartAheadAsync(TimeSpan.FromDays(3));
        var license = await SoldLicense.BuyAsync(app);
        var software = RootLines(app);

        app.Machine.Shift = TimeSpan.Zero;

        var reissued = await license.CommandAsync("reissue");
        using var ready = await app.Client.GetAsync("/health/ready");
        var health = await ready.Content.ReadAsStringAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reissued.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(reissued.Code, Is.EqualTo("cannot-sign"));
            Assert.That(reissued.Detail, Does.Contain("made while a clock was ahead: restart the service"));
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(health, Does.Contain("made while a clock was ahead"));
        }

        await app.RestartAsync();
        Assert.That((await license.CommandAsync("reissue")).Code, Is.Null);
        var check = new LicenseVerifier(software, "demo-product", new LicenseVerifierOptions { TimeProvider = app.Time }).Check(await license.CodeAsync());
        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid), "the root is the same: what embeds it takes the new key");
    }

    // A key made in advance is the newest, and not for now either: each start made one more, which took its place.
    [Test]
    public async Task Start_AKeyMadeInAdvanceWaits_NoOtherIsMade()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], keys: KeyFiles.None);
        var directory = new KeyDirectory(Path.Combine(app.Folder, "keys"));
        using (var writer = KeyDirectoryWriter.Open(directory))
        {
            var now = app.Time.GetUtcNow();
            KeyRotation.Perform(writer, KeyPassphrase.Development, revokeOlder: false, now, notBefore: now.AddDays(30));
        }

        await app.RestartAsync();

        Assert.That(directory.ReadCertificates(), Has.Count.EqualTo(2));
    }

    private static async Task<LicenseAuthorityApplication> StartAheadAsync(TimeSpan ahead) => await LicenseAuthorityApplication.StartAsync(
        ["Expiry:Enabled=false"],
        builder =>
        {
            if (!File.Exists(PathOfRoots(builder.Environment.ContentRootPath)))
            {
                Machine(builder).Shift = ahead;
            }
        },
        KeyFiles.None);

    private static ShiftedTime Machine(WebApplicationBuilder builder) =>
        (ShiftedTime)builder.Services.Last(static service => service.ServiceType == typeof(TimeProvider)).ImplementationInstance!;

    private static string PathOfRoots(string folder) => Path.Combine(folder, "keys", KeyDirectory.RootsFile);

    private static string[] RootLines(LicenseAuthorityApplication app) =>
        [.. File.ReadAllLines(PathOfRoots(app.Folder)).Where(static line => line.Length > 0 && line[0] != '#')];
}
