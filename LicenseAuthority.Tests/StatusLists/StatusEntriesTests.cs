using System.IO.Compression;
using LicenseAuthority.Client.Format;
using LicenseAuthority.StatusLists;

namespace LicenseAuthority.Tests.StatusLists;

/// <summary>How entries are packed: the examples of draft-ietf-oauth-status-list, and what keeps an entry that is invalid.</summary>
internal sealed class StatusEntriesTests
{
    [Test]
    public void Set_TheDraftsExampleOfTwoBits_GivesItsBytes()
    {
        var entries = StatusEntries.Empty();
        foreach (var (index, status) in ((int[])[1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]).Index())
        {
            entries.Set(index, (StatusEntry)status);
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(entries.Bytes[..3].ToArray(), Is.EqualTo((byte[])[0xC9, 0x44, 0xF9]));
            Assert.That(Inflate("eNo76fITAAPfAgc"), Is.EqualTo((byte[])[0xC9, 0x44, 0xF9]), "the draft's lst");
            Assert.That(Inflate(StatusListWriter.Compress([0xC9, 0x44, 0xF9])), Is.EqualTo((byte[])[0xC9, 0x44, 0xF9]));
        }
    }

    // Ours has two bits; the example of one bit says in which order bits and bytes come.
    [Test]
    public void Compress_TheDraftsExampleOfOneBit_InflatesToItsBytes()
    {
        int[] statuses = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1];
        var packed = statuses.Chunk(8).Select(bits => (byte)bits.Index().Sum(bit => bit.Item << bit.Index)).ToArray();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Inflate("eNrbuRgAAhcBXQ"), Is.EqualTo(packed), "the draft's lst");
            Assert.That(Inflate(StatusListWriter.Compress(packed)), Is.EqualTo(packed));
        }
    }

    [Test]
    public void Set_InvalidEntry_NeverChangesBack()
    {
        var entries = StatusEntries.Empty();
        entries.Set(4711, StatusEntry.Suspended);
        entries.Set(4711, StatusEntry.Invalid);
        entries.Set(4711, StatusEntry.Valid);
        entries.Set(4710, StatusEntry.Suspended);

        Assert.That(
            ((int[])[4709, 4710, 4711, 4712]).Select(index => entries[index]),
            Is.EqualTo([StatusEntry.Valid, StatusEntry.Suspended, StatusEntry.Invalid, StatusEntry.Valid]));
    }

    [Test]
    public void TakeOver_WhatAnotherNodePublished_KeepsWhatChangedHereAndAllThatIsInvalid()
    {
        var before = StatusEntries.Empty();
        before.Set(3, StatusEntry.Suspended);
        var here = before.Copy();
        here.Set(0, StatusEntry.Suspended);
        here.Set(5, StatusEntry.Suspended);
        here.Set(1, StatusEntry.Invalid);
        var published = before.Copy();
        published.Set(2, StatusEntry.Suspended);
        published.Set(3, StatusEntry.Valid);
        published.Set(5, StatusEntry.Invalid);
        published.Set(100, StatusEntry.Suspended);

        here.TakeOver(published, before);

        Assert.That(
            ((int[])[0, 1, 2, 3, 4, 5, 100]).Select(index => here[index]),
            Is.EqualTo(
                [StatusEntry.Suspended, StatusEntry.Invalid, StatusEntry.Suspended, StatusEntry.Valid, StatusEntry.Valid, StatusEntry.Invalid, StatusEntry.Suspended]));
    }

    private static byte[] Inflate(string text)
    {
        Assert.That(StrictBase64Url.TryDecode(text, out var compressed), Is.True);
        using var zlib = new ZLibStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var inflated = new MemoryStream();
        zlib.CopyTo(inflated);
        return inflated.ToArray();
    }
}
