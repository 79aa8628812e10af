using LicenseAuthority.Client;
using LicenseAuthority.Client.Fingerprints;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Fingerprints;

/// <summary>The id of a device without an identity lies in the guard's store, and neither of the two takes something from the other.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class StoredDeviceIdTests : IDisposable
{
    private readonly GuardFolder _folder = new();

    private LicenseStore Store => LicenseStore.InFolder(Path.GetDirectoryName(_folder.StorePath)!);

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Collect_BeforeTheGuard_IsTheSameAfterIt()
    {
        var value = Collect();
        Assert.That(File.Exists(_folder.StorePath), Is.True);

        using (var guard = _folder.Open(options => options.DeviceFingerprints = [value]))
        {
            Assert.That(guard.Install(TestCodes.Valid().BoundTo(value).Build()).Outcome, Is.EqualTo(LicenseOutcome.Valid));
        }

        Assert.That(Collect(), Is.EqualTo(value));
        using var next = _folder.Open(options => options.DeviceFingerprints = [Collect()]);
        Assert.That(next.Current.IsValid, Is.True);
    }

    [Test]
    public void Collect_AfterTheGuard_LosesNothingOfIt()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
        }

        var value = Collect();

        using (var guard = _folder.Open())
        {
            Assert.That(guard.Current.IsValid, Is.True);
            Assert.That(guard.GetSupportReport(), Does.Contain("store trouble: -"));
        }

        Assert.That(Collect(), Is.EqualTo(value));
    }

    [Test]
    public void Collect_WhileAGuardIsOpen_IsKeptByWhatItWrites()
    {
        using var guard = _folder.Open();
        var value = Collect();
        guard.Install(TestCodes.Valid().Build());

        Assert.That(Collect(), Is.EqualTo(value));
        Assert.That(guard.Current.IsValid, Is.True);
    }

    // An administrator put it there before the first run.
    [Test]
    public void Collect_ALicenseFileLiesThere_KeepsItsCode()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.StorePath)!);
        File.WriteAllText(_folder.StorePath, GuardFolder.File(TestCodes.Valid().Build()));

        var value = Collect();

        using var guard = _folder.Open();
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(Collect(), Is.EqualTo(value));
    }

    [Test]
    public void Collect_TheStoreIsTorn_TakesTheLastGoodOne()
    {
        var value = Collect();
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
        }

        File.WriteAllBytes(_folder.StorePath, File.ReadAllBytes(_folder.StorePath)[..100]);

        Assert.That(Collect(), Is.EqualTo(value));
        _folder.Open().Dispose();
        Assert.That(Collect(), Is.EqualTo(value));
    }

    [Test]
    public void Collect_TheStoreIsAnotherProducts_LeavesItAlone()
    {
        DeviceFingerprint.Collect("another", new MadeUpSystem(HostSystemKind.Other), Store);
        var before = File.ReadAllBytes(_folder.StorePath);

        var value = Collect();
        Assert.That(Collect(), Is.EqualTo(value), "for as long as the process lives");
        Assert.That(File.ReadAllBytes(_folder.StorePath), Is.EqualTo(before));
    }

    // On this machine, whatever it is: by its own properties, or by the id that the one stores and the other finds.
    [Test]
    public void Collect_ByTheOtherTarget_IsTheSame() => Assert.That(
        NetStandardVerifier.CollectFingerprint(Path.GetDirectoryName(_folder.StorePath)!),
        Is.EqualTo(DeviceFingerprint.Collect(TestCodes.Product, Store).Values).And.Not.Empty);

    [Test]
    public void Collect_TheStoreThrows_IsTheSameWhileTheProcessLives()
    {
        var store = new HostStore { Throws = true };

        var first = Collect(store);

        Assert.That(Collect(store), Is.EqualTo(first));
        Assert.That(store.Bytes, Is.Null);
    }

    private string Collect(LicenseStore? store = null)
    {
        var fingerprint = DeviceFingerprint.Collect(TestCodes.Product, new MadeUpSystem(HostSystemKind.Other), store ?? Store);
        Assert.That(fingerprint.IsStable, Is.False);
        return fingerprint.Values[0];
    }
}
