using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Keys;

/// <summary>What <c>keys list</c> shows of a keys directory, at one instant: all of it public.</summary>
internal sealed class KeyListing
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new InstantConverter() },
    };

    private readonly List<Entry> _entries;
    private readonly string _path;

    private KeyListing(string path, List<Entry> entries)
    {
        _path = path;
        _entries = entries;
    }

    /// <summary>Reads the directory. What the service would not start with is listed too, as far as it can be read.</summary>
    public static KeyListing Read(KeyDirectory directory, DateTimeOffset now)
    {
        var roots = directory.ReadRoots();
        var certificates = directory.ReadCertificates();
        var privateKeys = directory.FindPrivateKeySerials().ToHashSet();

        // What no root signed counts for nothing, also not its minimum serial.
        var states = KeyStates.Of([.. certificates.Where(roots.Signed)], now.ToUnixTimeSeconds())
            .ToDictionary(static each => each.Certificate, static each => each.State);
        return new KeyListing(directory.FullPath, [.. certificates.Select(certificate => new Entry(
            certificate.Serial,
            certificate.KeyId,
            Date(certificate.NotBefore),
            Date(certificate.NotAfter),
            certificate.MinimumSerial,
            roots.FindSigner(certificate) is { } line ? RootKeys.KeyIdOf(line) : null,
            privateKeys.Contains(certificate.Serial),
            states.TryGetValue(certificate, out var state) ? WordOf(state) : "untrusted"))]);
    }

    /// <summary>The word for a state.</summary>
    public static string WordOf(KeyState state) => state switch
    {
        KeyState.InUse => "in-use",
        KeyState.Next => "next",
        KeyState.Retired => "retired",
        KeyState.Revoked => "revoked",
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    /// <summary>For programs.</summary>
    public string ToJson() => JsonSerializer.Serialize(_entries, Json);

    /// <summary>For people.</summary>
    public string ToText()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"Certificates in {_path}, the newest first; times are UTC:");
        foreach (var entry in _entries)
        {
            text.AppendLine().AppendLine()
                .AppendLine(CultureInfo.InvariantCulture, $"{entry.Serial}  {entry.State}")
                .AppendLine(CultureInfo.InvariantCulture, $"  key          {entry.KeyId}")
                .AppendLine(CultureInfo.InvariantCulture, $"  signs        {entry.NotBefore:yyyy-MM-dd HH:mm:ss} to {entry.NotAfter:yyyy-MM-dd HH:mm:ss}")
                .AppendLine(CultureInfo.InvariantCulture, $"  min-serial   {entry.MinimumSerial}")
                .AppendLine(CultureInfo.InvariantCulture, $"  root         {entry.RootKeyId ?? $"none in {KeyDirectory.RootsFile}: no service starts with this directory"}")
                .Append(CultureInfo.InvariantCulture, $"  private key  {(entry.HasPrivateKey ? "here" : "not here")}");
        }

        return text.ToString();
    }

    private static DateTimeOffset Date(long seconds) => DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, KeyCertificate.LatestSecond));

    private sealed record Entry(
        uint Serial,
        string KeyId,
        DateTimeOffset NotBefore,
        DateTimeOffset NotAfter,
        uint MinimumSerial,
        [property: JsonPropertyName("root")] string? RootKeyId,
        [property: JsonPropertyName("privateKey")] bool HasPrivateKey,
        string State);
}
