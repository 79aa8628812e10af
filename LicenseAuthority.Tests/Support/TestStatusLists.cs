using System.IO.Compression;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Tests.Support;

/// <summary>Status lists that are right by default and wrong on demand, for the codes that <see cref="TestCodes"/> builds.</summary>
internal static class TestStatusLists
{
    /// <summary>The URI that the codes name.</summary>
    public const string Uri = "https://license.example.com/licensee/v1/status-lists/1";

    /// <summary>The place of the codes.</summary>
    public const int Index = 4711;

    /// <summary>When the list was made, a day before <see cref="TestCodes.Now"/>, and when it ends, 29 days after it.</summary>
    public const long IssuedAt = TestCodes.Now - 86400;
    public const long ExpiresAt = TestCodes.Now + (29 * 86400);

    /// <summary>A list with this entry for the codes, and nothing against any other.</summary>
    public static TestCodes With(int entry) => Fresh(Entries(entry)).With("iat", IssuedAt).With("exp", ExpiresAt);

    /// <summary>A list with this entry at this place, and nothing against any other code.</summary>
    public static TestCodes WithEntryAt(int index, int entry) => WithEntryAt((index, entry));

    /// <summary>The same for several places.</summary>
    public static TestCodes WithEntryAt(params (int Index, int Entry)[] places)
    {
        var entries = new byte[StatusListReader.EntryBytes];
        foreach (var (index, entry) in places)
        {
            entries[index / 4] |= (byte)(entry << (index % 4 * 2));
        }

        return Fresh(entries).With("iat", IssuedAt).With("exp", ExpiresAt);
    }

    /// <summary>A list of these entries, or of this zlib data, made and ending when the codes do.</summary>
    public static TestCodes Fresh(byte[]? entries = null, byte[]? lst = null)
    {
        var codes = TestCodes.Valid();
        foreach (var claim in (string[])["iss", "aud", "gen", "grace", "cus", "qty", "ent", "status"])
        {
            codes.Without(claim);
        }

        return codes
            .WithHeader("typ", "\"statuslist+jwt\"")
            .With("sub", $"\"{Uri}\"")
            .With("ttl", 43200)
            .With("seq", 7)
            .With("status_list", $"{{\"bits\":2,\"lst\":\"{StrictBase64Url.Encode(lst ?? Zlib(entries ?? new byte[StatusListReader.EntryBytes]))}\"}}");
    }

    public static byte[] Entries(int entry)
    {
        var entries = new byte[StatusListReader.EntryBytes];
        entries[Index / 4] |= (byte)(entry << (Index % 4 * 2));
        return entries;
    }

    public static byte[] Zlib(byte[] bytes, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, level, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return compressed.ToArray();
    }
}
