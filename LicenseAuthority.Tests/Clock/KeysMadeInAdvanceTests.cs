using System.Net;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Clock;

/// <summary>
/// A key made in advance, and a clock that says too early that its time has come. The node took it and recorded it for good: once the clock was right that
/// node could not sign, every other one missed it, a restart was refused, and after an hour the keys that could have signed were deleted.
/// </summary>
[OnEveryDatabase]
internal sealed class KeysMadeInAdvanceTests
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(40);

    private LicenseAuthorityApplication _app = null!;
    private KeyCertificate _next = null!;
    private uint _first;

    private KeyDirectory Directory => new(Path.Combine(_app.Folder, "keys"));

    private uint Current => _app.Services.GetRequiredService<LiveKeys>().Ring.Current.Serial;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], keys: KeyFiles.None);
        _first = Current;
        using var writer = KeyDirectoryWriter.Open(Directory);
        var now = _app.Time.GetUtcNow();
        _next = KeyRotation.Perform(writer, KeyPassphrase.Development, revokeOlder: false, now, notBefore: now.AddDays(30));
    }

    [TearDown]
    public async Task StopAsync() => await _app.DisposeAsync();

    [Test]
    public async Task Start_ClockIsAhead_TheKeyIsNotUsedUpAndAllGoesOnWhenItIsRight()
    {
        await RestartAsync(Ahead);
        await CheckAsync();

        Assert.That(await BuyAsync("CS1"), Is.EqualTo(_first));
        Assert.That(Recorded(), Is.EqualTo((long)_first));
        Assert.That(_app.Logs.Lines.Where(line => line.Message.StartsWith($"The time of certificate {_next.Serial}, made in advance", StringComparison.Ordinal)), Has.One.Items);

        _app.Machine.Shift = TimeSpan.Zero;
        await CheckAsync();
        Assert.That(await BuyAsync("CS2"), Is.EqualTo(_first));
        await RestartAsync(TimeSpan.Zero);
        Assert.That(await BuyAsync("CS3"), Is.EqualTo(_first));
    }

    [Test]
    public async Task Start_ItsTimeHasCome_IsTakenOnceTheClockHasHeld()
    {
        await RestartLaterAsync();
        Assert.That(await BuyAsync("CS1"), Is.EqualTo(_first));

        _app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await CheckAsync();

        Assert.That(await BuyAsync("CS2"), Is.EqualTo(_next.Serial));
        Assert.That(Recorded(), Is.EqualTo((long)_next.Serial));
    }

    [Test]
    public async Task Start_OtherNodesSignWithIt_IsTakenAtOnce()
    {
        await RecordAsync(_next);

        await RestartLaterAsync();

        Assert.That(await BuyAsync("CS1"), Is.EqualTo(_next.Serial));
    }

    [Test]
    public async Task Start_TheOlderPrivateKeyIsGone_TheNewerDoesNotWait()
    {
        File.Delete(Directory.PathOf(KeyDirectory.PrivateKeyFile(_first)));

        await RestartLaterAsync();

        Assert.That(await BuyAsync("CS1"), Is.EqualTo(_next.Serial));
    }

    // As an hour with a wrong clock left it behind, or an older version of the service.
    [TestCase(true)]
    [TestCase(false)]
    public async Task RecordedBeforeItsTime_NobodyIsHeldToIt(bool isHere)
    {
        await RecordAsync(_next);
        var texts = new[] { KeyDirectory.PrivateKeyFile(_next.Serial), KeyDirectory.CertificateFile(_next.Serial) }
            .ToDictionary(Directory.PathOf, name => File.ReadAllText(Directory.PathOf(name)));
        foreach (var path in texts.Keys.Where(_ => !isHere))
        {
            File.Delete(path);
        }

        await CheckAsync();
        Assert.That((await BuyAsync("CS1"), await ReadyAsync()), Is.EqualTo((_first, HttpStatusCode.OK)), "while it runs");
        await RestartAsync(TimeSpan.Zero);
        await CheckAsync();
        Assert.That((await BuyAsync("CS2"), await ReadyAsync()), Is.EqualTo((_first, HttpStatusCode.OK)), "a start is not refused");

        _app.Time.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds(_next.NotBefore));
        await CheckAsync();
        if (!isHere)
        {
            Assert.That(await ReadyAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable), "from now on every node must have it");
            foreach (var (path, text) in texts)
            {
                await File.WriteAllTextAsync(path, text);
            }

            await CheckAsync();
        }

        Assert.That((await BuyAsync("CS3"), await ReadyAsync()), Is.EqualTo((_next.Serial, HttpStatusCode.OK)));
    }

    [Test]
    public async Task ClockWasAheadForHours_IsTakenAndLeftAgainWhenTheClockIsRight()
    {
        await RestartAsync(Ahead);
        _app.Time.Advance(LicenseAuthorityApplication.HoldFor);
        await CheckAsync();
        Assert.That(Current, Is.EqualTo(_next.Serial), "nothing tells the service that this clock is wrong");

        _app.Machine.Shift = TimeSpan.Zero;
        await CheckAsync();

        Assert.That((await BuyAsync("CS1"), await ReadyAsync()), Is.EqualTo((_first, HttpStatusCode.OK)));
        Assert.That(_app.Logs.Lines.Where(line => line.Message.Contains("was taken while the clock of this machine was ahead", StringComparison.Ordinal)), Has.One.Items);
        await RestartAsync(TimeSpan.Zero);
        Assert.That(await BuyAsync("CS2"), Is.EqualTo(_first));
    }

    private async Task RestartAsync(TimeSpan shift)
    {
        _app.Machine.Shift = shift;
        await _app.RestartAsync();
    }

    // Nobody ran when its time came.
    private async Task RestartLaterAsync()
    {
        await _app.StopAsync();
        _app.Time.Advance(Ahead);
        await _app.RestartAsync();
    }

    // The serial that signed it.
    private async Task<uint> BuyAsync(string order)
    {
        var reply = await _app.Marketplace.SendAsync(GetLicenseCall.For(order));
        Assert.That(reply.ResultCode, Is.EqualTo("000000"));
        var verifier = new LicenseVerifier(
            _app.Services.GetRequiredService<LiveKeys>().Ring.RootLines, "demo-product", new LicenseVerifierOptions { TimeProvider = _app.Machine });
        var check = verifier.Check(reply.License);
        Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Valid));
        return Directory.ReadCertificates().Single(certificate => certificate.KeyId == check.License!.KeyId).Serial;
    }

    private object Recorded() => _app.Query("SELECT max(serial) FROM signing_keys")[0];

    // As another node would.
    private Task RecordAsync(KeyCertificate certificate) => _app.Services.GetRequiredService<ICertificateLedger>().RecordAsync([certificate]);

    // The service does the same by its clock, which stands still here.
    private Task CheckAsync() => _app.Services.GetRequiredService<KeyWatcher>().CheckAsync(CancellationToken.None);

    private async Task<HttpStatusCode> ReadyAsync()
    {
        using var ready = await _app.Client.GetAsync("/health/ready");
        return ready.StatusCode;
    }
}
