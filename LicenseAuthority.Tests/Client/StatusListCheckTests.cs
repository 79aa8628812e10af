using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>What licensed software takes for a status list, and what it refuses.</summary>
internal sealed class StatusListCheckTests
{
    [Test]
    public void CheckStatusList_GenuineList_SaysWhatIsInIt()
    {
        var entries = new byte[StatusListReader.EntryBytes];
        entries[0] = 0b11_10_01_00;
        entries[^1] = 0b01_00_00_00;

        var check = Verifier().CheckStatusList(List(entries: entries).Build());

        Assert.That(check.IsGenuine, Is.True, check.GetEvidence(LicenseLanguage.English));
        var list = check.List!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(list.Uri, Is.EqualTo(TestStatusLists.Uri));
            Assert.That(list.IssuedAt.ToUnixTimeSeconds(), Is.EqualTo(TestCodes.IssuedAt));
            Assert.That(list.ExpiresAt.ToUnixTimeSeconds(), Is.EqualTo(TestCodes.ExpiresAt));
            Assert.That(list.TimeToLive, Is.EqualTo(TimeSpan.FromHours(12)));
            Assert.That(list.Sequence, Is.EqualTo(7));
            Assert.That(list.Count, Is.EqualTo(1 << 20));
            Assert.That(
                ((int[])[0, 1, 2, 3, 4, (1 << 20) - 1]).Select(list.GetStatus),
                Is.EqualTo((LicenseStatus?[])
                    [LicenseStatus.Valid, LicenseStatus.Invalid, LicenseStatus.Suspended, LicenseStatus.Suspended, LicenseStatus.Valid, LicenseStatus.Invalid]));
            Assert.That(((int[])[-1, 1 << 20, int.MaxValue, int.MinValue]).Select(list.GetStatus), Is.All.Null);
        }
    }

    [Test]
    public void CheckStatusList_EntriesThatDoNotCompress_AreRead()
    {
        var entries = new byte[StatusListReader.EntryBytes];
        new Random(1).NextBytes(entries);

        Assert.That(Verifier().CheckStatusList(List(entries: entries).Build()).IsGenuine, Is.True);
    }

    // The same text in JSON, which is then not read where it stands.
    [Test]
    public void CheckStatusList_LongEntriesWithAnEscape_AreReadAsWithout()
    {
        var entries = new byte[StatusListReader.EntryBytes];
        new Random(3).NextBytes(entries);
        var lst = StrictBase64Url.Encode(Zlib(entries));
        var escaped = $"{{\"bits\":2,\"lst\":\"\\u{(int)lst[0]:x4}{lst[1..]}\"}}";

        var check = Verifier().CheckStatusList(List().With("status_list", escaped).Build());

        Assert.That(check.IsGenuine, Is.True, check.GetEvidence(LicenseLanguage.English));
        Assert.That(check.List!.Entries.SequenceEqual(entries), Is.True);
    }

    // Also of one that tries to be large: 100 MB in 100 KB, by the authority's own key.
    [TestCase(StatusListReader.EntryBytes, true)]
    [TestCase(100_000_000, false)]
    public void CheckStatusList_AnyList_TakesLittleMoreMemoryThanItsEntries(int size, bool genuine)
    {
        var entries = new byte[size];
        var random = new Random(4);
        for (var i = 0; i < 10_000; i++)
        {
            entries[random.Next(StatusListReader.EntryBytes)] |= 1;
        }

        var (verifier, token) = (Verifier(), List(entries: entries).Build());
        Assert.That(verifier.CheckStatusList(token).IsGenuine, Is.EqualTo(genuine));
        verifier.CheckStatusList(token);

        var before = GC.GetAllocatedBytesForCurrentThread();
        verifier.CheckStatusList(token);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThanOrEqualTo(StatusListReader.EntryBytes + (64 * 1024)));
    }

    [Test]
    public void CheckStatusList_ManyThreadsAtOnce_NeverMixListsUp()
    {
        var verifier = Verifier();
        var tokens = Enumerable.Range(0, 8).Select(seed =>
        {
            var entries = new byte[StatusListReader.EntryBytes];
            new Random(seed).NextBytes(entries);
            return (entries, Token: List(entries: entries).With("seq", seed + 1).Build());
        }).ToArray();

        Parallel.For(0, 64, i =>
        {
            var (entries, token) = tokens[i % tokens.Length];
            var list = verifier.CheckStatusList(token).List;
            Assert.That(list?.Sequence, Is.EqualTo((i % tokens.Length) + 1));
            Assert.That(list!.Entries.SequenceEqual(entries), Is.True);
        });
    }

    [TestCase(0)]
    [TestCase(StatusListReader.EntryBytes - 1)]
    [TestCase(StatusListReader.EntryBytes + 1)]
    [TestCase(100_000_000)]
    public void CheckStatusList_EntriesOfAnotherSize_AreRefused(int size) => AssertRefused(List(lst: Zlib(new byte[size])), LicenseOutcome.Malformed);

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(5000)]
    public void CheckStatusList_SomethingBehindTheEntries_IsRefused(int size)
    {
        var zlib = Zlib(new byte[StatusListReader.EntryBytes]);

        // Behind all, and between the data and a checksum that is right.
        AssertRefused(List(lst: [.. zlib, .. new byte[size]]), LicenseOutcome.Malformed);
        AssertRefused(List(lst: [.. zlib[..^4], .. new byte[size], .. zlib[^4..]]), LicenseOutcome.Malformed);
    }

    [Test]
    public void CheckStatusList_DamagedCompression_IsRefused()
    {
        // Not all the same: among zeros a damaged distance means the same.
        var entries = new byte[StatusListReader.EntryBytes];
        new Random(2).NextBytes(entries.AsSpan(0, 10_000));
        var zlib = Zlib(entries);
        foreach (var at in (int[])[0, 1, 5, zlib.Length / 2, zlib.Length - 1])
        {
            var damaged = (byte[])zlib.Clone();
            damaged[at] ^= 0x41;
            AssertRefused(List(lst: damaged), LicenseOutcome.Malformed);
        }

        AssertRefused(List(lst: zlib[..10]), LicenseOutcome.Malformed);
        AssertRefused(List(lst: zlib[..^4]), LicenseOutcome.Malformed);
    }

    [TestCase("sub", "1")]
    [TestCase("iat", "\"1\"")]
    [TestCase("exp", "1767225600")]
    [TestCase("ttl", "0")]
    [TestCase("seq", "0")]
    [TestCase("status_list", "{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}")]
    [TestCase("status_list", "[]")]
    public void CheckStatusList_ClaimThatIsNotAsItMustBe_IsRefused(string claim, string json) => AssertRefused(List().With(claim, json), LicenseOutcome.Malformed);

    [TestCase("sub")]
    [TestCase("iat")]
    [TestCase("exp")]
    [TestCase("seq")]
    [TestCase("status_list")]
    public void CheckStatusList_MissingClaim_IsRefused(string claim) => AssertRefused(List().Without(claim), LicenseOutcome.Malformed);

    [Test]
    public void CheckStatusList_WhatIsNotSignedForLists_IsRefused()
    {
        using (Assert.EnterMultipleScope())
        {
            AssertRefused(TestCodes.Valid(), LicenseOutcome.Malformed);
            AssertRefused(List().WithHeader("typ", "\"JWT\""), LicenseOutcome.Malformed);
            AssertRefused(List().WithUsages(KeyUsages.LicenseCodes), LicenseOutcome.UntrustedKey);
            AssertRefused(List().CertifiedBy(TestCodes.OtherRootSeed), LicenseOutcome.UntrustedKey);
            AssertRefused(List().WithWindow(TestCodes.IssuedAt + 1, TestCodes.CertificateNotAfter), LicenseOutcome.UntrustedKey);
            AssertRefused(List().WithWindow(TestCodes.CertificateNotBefore, TestCodes.ExpiresAt - 1), LicenseOutcome.UntrustedKey);
            AssertRefused(List().ChangeSignature(static signature => [.. signature.Select(static value => (byte)~value)]), LicenseOutcome.BadSignature);
        }

        Assert.That(Verifier().CheckStatusList(List().WithWindow(TestCodes.CertificateNotBefore, TestCodes.ExpiresAt).Build()).IsGenuine, Is.True, "it ends with the certificate");
    }

    [Test]
    public void CheckStatusList_ByARevokedKey_IsRefusedAlsoWhenACodeBroughtTheNews()
    {
        var verifier = Verifier();
        Assert.That(verifier.CheckStatusList(List().Build()).IsGenuine, Is.True);

        verifier.Check(TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1, TestCodes.CertificateSerial + 1).Build());

        Assert.That(verifier.CheckStatusList(List().Build()).Outcome, Is.EqualTo(LicenseOutcome.UntrustedKey));
    }

    [Test]
    public void CheckStatusList_AnyOtherText_IsRefusedAndSaysSo()
    {
        foreach (var text in (string?[])[null, "", "x", new string('A', 3_000_000), "a.b.c"])
        {
            var check = Verifier().CheckStatusList(text);
            Assert.That(check.Outcome, Is.EqualTo(LicenseOutcome.Malformed));
            Assert.That(check.GetEvidence(LicenseLanguage.Chinese), Is.Not.Empty);
        }

        Assert.That(default(StatusListCheck).IsGenuine, Is.False);
        Assert.That(default(StatusListCheck).GetEvidence(LicenseLanguage.English), Is.Not.Empty);
    }

    private static void AssertRefused(TestCodes list, LicenseOutcome outcome)
    {
        var check = Verifier().CheckStatusList(list.Build());
        Assert.That(check.Outcome, Is.EqualTo(outcome), check.GetEvidence(LicenseLanguage.English));
        Assert.That(check.List, Is.Null);
        Assert.That(check.GetEvidence(LicenseLanguage.Chinese), Is.Not.Empty);
    }

    private static LicenseVerifier Verifier() => new(
        TestCodes.RootLine(), TestCodes.Product, new LicenseVerifierOptions { TimeProvider = new StoppedClock(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now)) });

    private static TestCodes List(byte[]? entries = null, byte[]? lst = null) => TestStatusLists.Fresh(entries, lst);

    private static byte[] Zlib(byte[] bytes) => TestStatusLists.Zlib(bytes);
}
