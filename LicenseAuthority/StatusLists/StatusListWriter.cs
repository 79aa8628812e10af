using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Keys;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.StatusLists;

/// <summary>
/// Writes and signs the token of a status list (docs/license-code-format.md, "Status lists"). What it returns was checked by the very verifier that ships inside
/// licensed software. Thread-safe.
/// </summary>
internal sealed class StatusListWriter(LiveKeys keys, IOptions<StatusListOptions> options, TimeProvider time)
{
    // The roots never change while the service runs: also a certificate that came since was verified with these.
    private readonly LicenseVerifier _verifier = new(
        keys.Ring.RootLines, productId: "any", new LicenseVerifierOptions { TimeProvider = time, CacheCodes = false });

    /// <summary>The certificate of the key that signs now; null while none may.</summary>
    public uint? KeySerial => keys.Ring.WindowFault is null ? keys.SigningKey?.Serial : null;

    /// <summary>
    /// Whether a newer key than the one here has signed it, whose time has come: another node has it, this one is to hear of it, and its own may be revoked.
    /// </summary>
    public bool IsByNewerKey(StatusListToken token) => KeySerial < token.KeySerial && !IsByKeyNotYetValid(token);

    /// <summary>Whether it was signed by another key than the one here, which takes that one's place.</summary>
    public bool IsToReplace(StatusListToken token) => KeySerial is { } serial && serial != token.KeySerial && !IsByNewerKey(token);

    /// <summary>Signs a list.</summary>
    /// <param name="list">Its number.</param>
    /// <param name="uri">Its URI.</param>
    /// <param name="entries">What is in it.</param>
    /// <param name="lastSequence">The sequence of the token before; 0 = there is none.</param>
    /// <exception cref="SigningException">There is no key to sign with, or licensed software would refuse the result.</exception>
    public StatusListToken Sign(long list, string uri, StatusEntries entries, long lastSequence)
    {
        while (true)
        {
            var key = keys.SigningKey ?? throw new SigningException($"Status list {list} is not signed: this node lacks the newest issuing key, certificate {keys.MissingSerial}.");
            if (keys.Ring.WindowFault is { } fault)
            {
                throw new SigningException(fault);
            }

            try
            {
                var token = Sign(key, list, uri, entries, lastSequence);
                Check(token, entries);
                return token;
            }
            catch (ObjectDisposedException) when (keys.Ring.Current != key)
            {
                // A newer key took its place between taking it and signing: all over again with that one.
            }
        }
    }

    /// <summary>The packed entries as they stand in <c>lst</c>: compressed (RFC 1950), in base64url.</summary>
    internal static string Compress(ReadOnlySpan<byte> entries)
    {
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(entries);
        }

        return Base64Url.EncodeToString(compressed.GetBuffer().AsSpan(0, (int)compressed.Length));
    }

    // Such a key was used by a clock that was ahead.
    private bool IsByKeyNotYetValid(StatusListToken token) => StoredToken.ReadCertificate(token)?.NotBefore > time.GetUtcNow().ToUnixTimeSeconds();

    // Header and signature come from the same key, whatever becomes of the keys meanwhile.
    private StatusListToken Sign(IssuingKey key, long list, string uri, StatusEntries entries, long lastSequence)
    {
        var issuedAt = time.GetUtcNow().ToUnixTimeSeconds();
        var lifetime = (long)options.Value.Lifetime.TotalSeconds;
        var expiresAt = Math.Min(Math.Min(issuedAt + lifetime, key.NotAfter), KeyCertificate.LatestSecond);
        var sequence = Math.Max(lastSequence + 1, issuedAt);
        var header = $$"""{"alg":"EdDSA","typ":"{{CodeHeader.StatusListType}}","kid":"{{key.KeyId}}","cert":"{{key.CertificateText}}"}""";
        var signed = Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header)) + "." + Base64Url.EncodeToString(WritePayload(uri, issuedAt, expiresAt, sequence, entries));
        var text = signed + "." + Base64Url.EncodeToString(key.Sign(Encoding.ASCII.GetBytes(signed)));
        return new StatusListToken(
            list, uri, sequence, text, DateTimeOffset.FromUnixTimeSeconds(issuedAt), DateTimeOffset.FromUnixTimeSeconds(expiresAt), key.Serial);
    }

    private ReadOnlySpan<byte> WritePayload(string uri, long issuedAt, long expiresAt, long sequence, StatusEntries entries)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("sub"u8, uri);
            writer.WriteNumber("iat"u8, issuedAt);
            writer.WriteNumber("exp"u8, expiresAt);
            writer.WriteNumber("ttl"u8, (long)options.Value.TimeToLive.TotalSeconds);
            writer.WriteNumber("seq"u8, sequence);
            writer.WriteStartObject("status_list"u8);
            writer.WriteNumber("bits"u8, 2);
            writer.WriteString("lst"u8, Compress(entries.Bytes));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan;
    }

    private void Check(StatusListToken token, StatusEntries entries)
    {
        var check = _verifier.CheckStatusList(token.Text);
        if (check.List is not { } list)
        {
            throw new SigningException(
                $"Status list {token.List} was signed, but licensed software would refuse it as {check.Outcome}: {check.GetEvidence(LicenseLanguage.English)}");
        }

        if (list.Uri != token.Uri || list.Sequence != token.Sequence || !entries.Equals(StatusEntries.From(list.Entries)))
        {
            throw new SigningException($"Status list {token.List} was signed, but licensed software would read something else in it.");
        }
    }
}
