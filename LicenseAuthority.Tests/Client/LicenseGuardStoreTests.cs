using System.Diagnostics;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Keeping;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>
/// Where a guard keeps what it has, and from where it takes what others put there: stores that are torn, shared, taken or the host's own; texts and files.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LicenseGuardStoreTests : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    private readonly GuardFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Store_TornOrEdited_TheLastGoodOneIsUsed()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
            guard.Install(GuardFolder.File(TestCodes.Valid().Build(), TestStatusLists.With(0).Build()));
        }

        var bytes = File.ReadAllBytes(_folder.StorePath);
        File.WriteAllBytes(_folder.StorePath, bytes[..(bytes.Length / 2)]);
        using (var next = _folder.Open())
        {
            Assert.That(next.Current.IsValid, Is.True);
            Assert.That(next.GetSupportReport(), Does.Contain("was found changed or torn"));
        }

        using var mended = _folder.Open();
        Assert.That(mended.GetSupportReport(), Does.Not.Contain("was found changed or torn"));
        Assert.That(mended.Current.IsValid, Is.True);
    }

    [Test]
    public void Store_AFileOfAnAdministratorInItsPlace_IsTakenOver()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(GuardFolder.Code(gen: 1, ends: 10));
        }

        File.WriteAllText(_folder.StorePath, GuardFolder.File(GuardFolder.Code(gen: 2, issued: -1, ends: 200)));

        using var next = _folder.Open();
        Assert.That(next.Current.License!.Generation, Is.EqualTo(2));
    }

    [Test]
    public void Store_OfAnotherProduct_IsLeftAlone()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(TestCodes.Valid().Build());
        }

        var before = File.ReadAllBytes(_folder.StorePath);
        var options = new LicenseGuardOptions("other", TestCodes.RootLine())
        {
            StoreDirectory = Path.GetDirectoryName(_folder.StorePath), Online = false, Verifier = new LicenseVerifierOptions { TimeProvider = _folder.Machine },
        };
        using (var other = LicenseGuard.Open(options))
        {
            Assert.That(other.Current.License, Is.Null);
            Assert.That(GuardFolder.Kinds(other), Does.Contain(LicenseNoticeKind.StoreNotWritable));
            Assert.That(other.Install(TestCodes.Valid().With("aud", "\"other\"").Build()).IsValid, Is.True, "in memory");
        }

        Assert.That(File.ReadAllBytes(_folder.StorePath), Is.EqualTo(before));
    }

    [Test]
    public void Store_CannotBeWritten_WorksInMemoryWithANoticeFromTheStart()
    {
        var taken = Path.Combine(_folder.Path, "file");
        File.WriteAllText(taken, "no folder");
        using var guard = _folder.Open(options => options.StoreDirectory = Path.Combine(taken, "store"));

        Assert.That(GuardFolder.Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StoreNotWritable]));
        Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.EqualTo((string[])[taken]), "nothing was written elsewhere");
    }

    // Nobody chose to lose what the user enters.
    [Test]
    public void Store_TheUserHasNoHome_WorksInMemoryWithANoticeFromTheStart()
    {
        using var guard = _folder.Open(options => options.Store = StorePlace.Default(TestCodes.Product, Path.Combine(_folder.Path, "nowhere")));
        Assert.That(GuardFolder.Kinds(guard), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StoreNotWritable]));

        guard.Install(TestCodes.Valid().Build());
        _folder.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.That(guard.Current.IsValid, Is.True);
        Assert.That(guard.GetSupportReport(), Does.Contain("store: memory, as this user has no folder for data\nstore trouble: cannot be written since"));

        using var chosen = _folder.Open(options => options.Store = LicenseStore.InMemory());
        Assert.That(chosen.Notices, Is.Empty);
    }

    [Test]
    public void Store_AFolderInItsPlace_WorksInMemory()
    {
        Directory.CreateDirectory(_folder.StorePath);
        using var guard = _folder.Open();

        Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
        Assert.That(GuardFolder.Kinds(guard), Does.Contain(LicenseNoticeKind.StoreNotWritable));
    }

    [Test]
    public void Store_OfAGigabyte_IsNotReadAndReplaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.StorePath)!);
        using (var file = new FileStream(_folder.StorePath, FileMode.Create))
        {
            file.SetLength(1L << 30);
        }

        using var guard = _folder.Open();
        Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
        Assert.That(new FileInfo(_folder.StorePath).Length, Is.LessThan(10_000));
    }

    // A backup reads the file longer than anybody waits for, here until after the guard was opened.
    [Test]
    public void Store_HeldWhileOpened_IsReadWhenItIsFreeAndNotReplacedBefore()
    {
        using (var guard = _folder.Open())
        {
            guard.Install(GuardFolder.Code(license: "lic_stored", ends: 20));
        }

        var before = File.ReadAllBytes(_folder.StorePath);
        using var next = Held(() => _folder.Open());
        Assert.That(GuardFolder.Kinds(next), Does.Contain(LicenseNoticeKind.StoreNotWritable));
        Held(() => next.Install(GuardFolder.Code(license: "lic_pasted", ends: 10)));
        Assert.That(File.ReadAllBytes(_folder.StorePath), Is.EqualTo(before));

        _folder.Time.Advance(Tick);

        Assert.That(next.Current.License!.LicenseId, Is.EqualTo("lic_stored"));
        Assert.That(GuardFolder.Kinds(next), Does.Not.Contain(LicenseNoticeKind.StoreNotWritable));
        Assert.That(next.GetSupportReport(), Does.Contain("lic_pasted"));
    }

    [Test]
    public void Store_OfTheHostCannotBeRead_IsNotReplaced()
    {
        var store = new HostStore();
        using (var guard = _folder.Open(options => options.Store = store))
        {
            guard.Install(TestCodes.Valid().Build());
        }

        var before = store.Bytes;
        store.Throws = true;
        using var next = _folder.Open(options => options.Store = store);
        next.Install(GuardFolder.Code(license: "lic_other", ends: 10));
        Assert.That(store.Bytes, Is.SameAs(before));

        store.Throws = false;
        _folder.Time.Advance(Tick);
        Assert.That(next.Current.License!.LicenseId, Is.EqualTo(TestCodes.LicenseId));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Store_IsGoneOrAGigabyte_TheLastGoodOneIsUsed(bool isHuge)
    {
        using (var guard = _folder.Open())
        {
            guard.Install(GuardFolder.Code(gen: 1));
            guard.Install(GuardFolder.Code(gen: 2, issued: -1));
        }

        File.Delete(_folder.StorePath);
        if (isHuge)
        {
            using var file = new FileStream(_folder.StorePath, FileMode.Create);
            file.SetLength(1L << 30);
        }

        for (var run = 1; run <= 3; run++)
        {
            using var next = _folder.Open();
            Assert.That(next.Current.IsValid, Is.True, $"run {run}");
        }
    }

    [Test]
    public void Store_OnUnix_IsForItsOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("rights come from the folder there");
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_folder.StorePath)!);
        using (var guard = _folder.Open())
        {
            guard.Install(GuardFolder.Code(gen: 1));
            guard.Install(GuardFolder.Code(gen: 2, issued: -1));
        }

        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(_folder.StorePath)!))
        {
            Assert.That(File.GetUnixFileMode(file), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), file);
        }
    }

    // Another process holds the lock all the time: what could not be written is written in the end.
    [Test]
    public void Store_LockedByAnotherProcess_IsWrittenWhenItIsFree()
    {
        using var guard = _folder.Open();
        using (new FileStream(_folder.StorePath + ".lock", FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Assert.That(guard.Install(TestCodes.Valid().Build()).IsValid, Is.True);
            Assert.That(GuardFolder.Kinds(guard), Does.Contain(LicenseNoticeKind.StoreNotWritable));
        }

        guard.Dispose();
        using var next = _folder.Open();
        Assert.That(next.Current.IsValid, Is.True);
    }

    [Test]
    [Platform("Linux", Reason = "flock of util-linux takes the lock that .NET takes there")]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Store_LockedByAProcessThatIsKilled_IsWrittenAtOnce(CancellationToken cancellationToken)
    {
        using var guard = _folder.Open();
        var start = new ProcessStartInfo("flock") { ArgumentList = { _folder.StorePath + ".lock", "sh", "-c", "echo held; exec cat" }, RedirectStandardOutput = true, RedirectStandardInput = true };
        using var other = Process.Start(start)!;
        Assert.That(await other.StandardOutput.ReadLineAsync(cancellationToken), Is.EqualTo("held"));
        guard.Install(GuardFolder.Code(gen: 1));
        Assert.That(GuardFolder.Kinds(guard), Does.Contain(LicenseNoticeKind.StoreNotWritable), "or the lock is another one");

        other.Kill(entireProcessTree: true);
        await other.WaitForExitAsync(cancellationToken);

        guard.Install(GuardFolder.Code(gen: 2, issued: -1));
        Assert.That(GuardFolder.Kinds(guard), Does.Not.Contain(LicenseNoticeKind.StoreNotWritable));
        Assert.That(await _folder.ReadStoreAsync(), Does.Contain("BEGIN LICENSE CODE"));
    }

    // A machine that is set back to a snapshot, or a backup of the folder that is put back under a guard that runs.
    [Test]
    public void Store_AnOlderStateIsPutBack_NothingIsLost()
    {
        using var guard = _folder.Open();
        guard.Install(GuardFolder.File(GuardFolder.Code(gen: 1)));
        var snapshot = File.ReadAllBytes(_folder.StorePath);
        guard.Install(GuardFolder.File(GuardFolder.Code(gen: 2, issued: -1), TestStatusLists.With(2).Build()));

        File.WriteAllBytes(_folder.StorePath, snapshot);
        _folder.Time.Advance(Tick);
        Assert.That((guard.Current.License!.Generation, guard.Current.Outcome), Is.EqualTo((2, LicenseOutcome.Suspended)));

        guard.Dispose();
        using var next = _folder.Open();
        Assert.That((next.Current.License!.Generation, next.Current.Outcome), Is.EqualTo((2, LicenseOutcome.Suspended)));

        next.Dispose();
        File.WriteAllBytes(_folder.StorePath, snapshot);
        using var setBack = _folder.Open();
        Assert.That((setBack.Current.License!.Generation, setBack.Current.Outcome), Is.EqualTo((1, LicenseOutcome.Valid)), "nobody is there who knows better");
    }

    [Test]
    public void Store_OfSeveralProcesses_IsMergedAndSeenWithinFiveSeconds()
    {
        using var one = _folder.Open();
        using var other = _folder.Open();
        one.Install(GuardFolder.Code(license: "lic_one", ends: 10));
        other.Install(GuardFolder.Code(license: "lic_other", ends: 20));
        Assert.That(other.GetSupportReport(), Does.Contain("lic_one"), "who writes has read");

        _folder.Time.Advance(Tick);

        Assert.That(one.Current.License!.LicenseId, Is.EqualTo("lic_other"));
    }

    [Test]
    public void Store_OfTheHost_IsAllThatIsUsed()
    {
        var store = new HostStore();
        using (var guard = _folder.Open(options => options.Store = store))
        {
            guard.Install(TestCodes.Valid().Build());
        }

        Assert.That(store.Bytes, Is.Not.Null);
        Assert.That(File.Exists(_folder.StorePath), Is.False);
        using (var next = _folder.Open(options => options.Store = store))
        {
            Assert.That(next.Current.IsValid, Is.True);
        }

        store.Throws = true;
        using var failing = _folder.Open(options => options.Store = store);
        Assert.That(GuardFolder.Kinds(failing), Is.EqualTo((LicenseNoticeKind[])[LicenseNoticeKind.StoreNotWritable]));
    }

    // The other build replaces files in another way; and a store is the same to both.
    [Test]
    public void Store_OfTheNetStandardBuild_IsKeptAndShared()
    {
        var directory = Path.GetDirectoryName(_folder.StorePath)!;
        Assert.That(NetStandardVerifier.RunGuard(directory, _folder.Time, GuardFolder.Code(gen: 1), GuardFolder.Code(gen: 2, issued: -1)), Is.EqualTo("Valid"));
        using (var guard = _folder.Open())
        {
            Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
            guard.Install(GuardFolder.File(GuardFolder.Code(gen: 2, issued: -1), TestStatusLists.With(2).Build()));
        }

        Assert.That(NetStandardVerifier.RunGuard(directory, _folder.Time), Is.EqualTo("Suspended"));
    }

    [Test]
    public void CodeText_IsTakenOver()
    {
        using var guard = _folder.Open(options => options.CodeText = TestCodes.Valid().Build());

        Assert.That(guard.Current.IsValid, Is.True);
    }

    [Test]
    public void CodeFile_RenewsAndRevokesWithoutARestart()
    {
        var path = Path.Combine(_folder.Path, "drop.lic");
        using var guard = _folder.Open(options => options.CodeFile = path);
        Assert.That(guard.Current.License, Is.Null);

        File.WriteAllText(path, GuardFolder.File(GuardFolder.Code(gen: 1, ends: 10))[..60]);
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.License, Is.Null, "half written");

        File.WriteAllText(path, GuardFolder.File(GuardFolder.Code(gen: 1, ends: 10)));
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.IsValid, Is.True);

        File.WriteAllText(path, GuardFolder.File(GuardFolder.Code(gen: 2, issued: -1, ends: 200)));
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));

        File.Delete(path);
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.IsValid, Is.True, "what is taken over stays");

        File.WriteAllText(path, GuardFolder.File(GuardFolder.Code(gen: 2, issued: -1, ends: 200), TestStatusLists.With(1).Build()));
        _folder.Time.Advance(Tick);
        Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    // As Kubernetes updates a secret: the file is a link through a folder's link, and only that one is swapped.
    [Test]
    public void CodeFile_ALinkIsSwapped_IsSeen()
    {
        foreach (var (name, generation) in ((string, int)[])[("v1", 1), ("v2", 2)])
        {
            Directory.CreateDirectory(Path.Combine(_folder.Path, name));
            File.WriteAllText(Path.Combine(_folder.Path, name, "code"), GuardFolder.Code(gen: generation, issued: -3 + generation));
        }

        var data = Path.Combine(_folder.Path, "..data");
        Directory.CreateSymbolicLink(data, "v1");
        using var guard = _folder.Open(options => options.CodeFile = Path.Combine(data, "code"));
        Assert.That(guard.Current.License!.Generation, Is.EqualTo(1));

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "v2");
        _folder.Time.Advance(Tick);

        Assert.That(guard.Current.License!.Generation, Is.EqualTo(2));
    }

    // While another process has the store's file open for itself alone.
    private T Held<T>(Func<T> action)
    {
        using var held = new FileStream(_folder.StorePath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        return action();
    }
}
