using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Codes;

/// <summary>
/// Writes and signs license codes: a JWT in JWS compact form (docs/license-code-format.md). What it returns was checked by the very verifier that
/// ships inside licensed software. Thread-safe.
/// </summary>
internal sealed class LicenseCodeWriter(
    LiveKeys keys, StatusIndexes statusIndexes, ProductCatalogs products, PublicUrl publicUrl, TimeProvider time) : ILicenseSigner
{
    // Names and texts stay as they are: what JSON need not escape is not escaped, which keeps codes with Chinese names short.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // The roots never change while the service runs: also a certificate that came since was verified with these.
    private readonly LicenseVerifier _verifier = new(
        keys.Ring.RootLines, productId: "any", new LicenseVerifierOptions { TimeProvider = time, AcceptTestLicenses = true, CacheCodes = false });

    private Header? _header;

    /// <summary>
    /// Signs the longest code that each product can come to, and throws it away. <see cref="ConfigurationException"/> names a product whose codes
    /// licensed software would refuse: found at start, and not by the first customer, whose every call would fail.
    /// </summary>
    public void CheckProducts()
    {
        foreach (var product in products.All)
        {
            var (text, _) = Sign(LongestLicense.Of(product, time.GetUtcNow()), LongestLicense.Device, int.MaxValue, int.MaxValue);
            if (text.Length > Client.Format.CodeText.MaximumLength)
            {
                throw new ConfigurationException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Products: a license code of '{product.Id}' could have {text.Length} characters, and licensed software reads no more than {Client.Format.CodeText.MaximumLength}. Shorten or remove some of the product's Entitlements."));
            }

            var check = _verifier.CheckIssued(text, product.Id, LongestLicense.Device.Ids);
            if (IsRefused(check))
            {
                throw new ConfigurationException(
                    $"Products: licensed software would refuse the license codes of '{product.Id}' as {check.Outcome}: {check.GetEvidence(LicenseLanguage.English)} "
                    + "Change the product's Entitlements.");
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken)
    {
        // Before a place is drawn, which would be lost.
        TakeKey();
        if (keys.Ring.WindowFault is { } fault)
        {
            throw new SigningException(fault);
        }

        var (list, index) = await statusIndexes.NextAsync(cancellationToken);
        var (text, keySerial) = Sign(license, device, list, index);
        Check(text, license, device);
        return new SignedCode(text, SHA256.HashData(Encoding.ASCII.GetBytes(text)), list, index, keySerial);
    }

    private IssuingKey TakeKey() => keys.SigningKey
        ?? throw new SigningException(
            $"This node does not sign: the database has been served by certificate {keys.MissingSerial}, and its keys directory holds no usable key for that one. "
            + "Copy the newest files of the keys directory from the node that has them.");

    private (string Text, uint KeySerial) Sign(License license, BoundDevice? device, long list, int index)
    {
        while (true)
        {
            var key = TakeKey();
            try
            {
                return (Sign(key, license, device, list, index), key.Serial);
            }
            catch (ObjectDisposedException) when (keys.Ring.Current != key)
            {
                // A newer key took its place between taking it and signing: all over again with that one.
            }
        }
    }

    // Header and signature come from the same key, whatever becomes of the keys meanwhile.
    private string Sign(IssuingKey key, License license, BoundDevice? device, long list, int index)
    {
        var header = _header;
        if (header is null || header.Key != key)
        {
            _header = header = new Header(key, EncodeHeader(key));
        }

        // Room for most: it grows by 4 KiB.
        var payload = new ArrayBufferWriter<byte>(1024);
        WritePayload(payload, license, device, list, index);

        // Exactly these bytes are signed, and exactly these are sent.
        var payloadSize = Base64Url.GetEncodedLength(payload.WrittenCount);
        var signedSize = header.Text.Length + 1 + payloadSize;
        var bytes = new byte[signedSize + 1 + Base64Url.GetEncodedLength(Client.Signatures.Ed25519PublicKey.SignatureSize)];
        header.Text.CopyTo(bytes, 0);
        bytes[header.Text.Length] = (byte)'.';
        Base64Url.EncodeToUtf8(payload.WrittenSpan, bytes.AsSpan(header.Text.Length + 1));
        bytes[signedSize] = (byte)'.';
        Base64Url.EncodeToUtf8(key.Sign(bytes.AsSpan(0, signedSize)), bytes.AsSpan(signedSize + 1));
        return Encoding.ASCII.GetString(bytes);
    }

    private static byte[] EncodeHeader(IssuingKey key)
    {
        var json = $$"""{"alg":"EdDSA","typ":"license+jwt","kid":"{{key.KeyId}}","cert":"{{key.CertificateText}}"}""";
        return Encoding.ASCII.GetBytes(Base64Url.EncodeToString(Encoding.ASCII.GetBytes(json)));
    }

    // A code is short (a marketplace's text upload takes 1,024 characters): what is absent is left out.
    private void WritePayload(ArrayBufferWriter<byte> buffer, License license, BoundDevice? device, long list, int index)
    {
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("iss"u8, publicUrl.Text);
        writer.WriteString("aud"u8, license.Product);
        writer.WriteString("sub"u8, license.Id);
        writer.WriteNumber("gen"u8, license.Generation);
        writer.WriteNumber("iat"u8, license.CodeIssuedAt.ToUnixTimeSeconds());
        var startsAt = device?.StartsAt ?? license.StartsAt;
        if (startsAt > license.CodeIssuedAt)
        {
            writer.WriteNumber("nbf"u8, startsAt.ToUnixTimeSeconds());
        }

        if (device?.LeaseUntil is { } leaseUntil)
        {
            writer.WriteNumber("exp"u8, leaseUntil.ToUnixTimeSeconds());
            writer.WriteBoolean("lease"u8, true);
        }

        // The grace begins with the end of the license, not with that of a lease, or with one that was asked for before it.
        var endsAt = device?.EndsAt ?? license.EndsAt;
        if (endsAt is { } end)
        {
            writer.WriteNumber(device?.LeaseUntil is null ? "exp"u8 : "term"u8, end.ToUnixTimeSeconds());
            if (license.Grace > TimeSpan.Zero && endsAt == license.EndsAt)
            {
                writer.WriteNumber("grace"u8, (long)license.Grace.TotalSeconds);
            }
        }

        var product = products.Find(license.Account, license.Product);
        writer.WriteString("cus"u8, license.Customer.Id);
        if (license.Customer.Name is { Length: > 0 } name && product is { IncludeCustomerName: true })
        {
            writer.WritePropertyName("cn"u8);
            writer.WriteRawValue(Quote(name));
        }

        writer.WriteNumber("qty"u8, license.Quantity);
        if (!license.Entitlements.Values.IsEmpty)
        {
            writer.WritePropertyName("ent"u8);
            EntitlementsJson.Write(writer, license.Entitlements);
        }

        if (device is not null)
        {
            writer.WriteStartArray("dev"u8);
            foreach (var id in device.Ids)
            {
                writer.WriteStringValue(id);
            }

            writer.WriteEndArray();
            if (device.Required < device.Ids.Count)
            {
                writer.WriteNumber("devk"u8, device.Required);
            }
        }

        if (product is { RequiresActivation: true })
        {
            writer.WriteBoolean("act"u8, true);
        }

        if (license.Test)
        {
            writer.WriteBoolean("test"u8, true);
        }

        if (license.Trial)
        {
            writer.WriteBoolean("trial"u8, true);
        }

        writer.WriteStartObject("status"u8);
        writer.WriteStartObject("status_list"u8);
        writer.WriteNumber("idx"u8, index);
        writer.WriteString("uri"u8, publicUrl.StatusListUri(list));
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    // The writer's encoder makes two escapes, twelve bytes, of a character beyond the basic plane, which needs none: 64 of them must fit into a code.
    private static string Quote(string text) => string.Concat(
        text.EnumerateRunes()
            .Select(static rune => rune.IsBmp ? JsonEncodedText.Encode(rune.ToString(), WriterOptions.Encoder).Value : rune.ToString())
            .Prepend("\"")
            .Append("\""));

    // What the clock says of exp and nbf is no failure: a code for a term that is over is right, and says so. An iat far ahead of it is one, and so is an iat
    // outside the certificate's window, which makes the key untrusted.
    private static bool IsRefused(LicenseCheck check) => check.Outcome is LicenseOutcome.Malformed or LicenseOutcome.BadSignature
        or LicenseOutcome.UntrustedKey or LicenseOutcome.WrongProduct or LicenseOutcome.WrongDevice or LicenseOutcome.ClockRolledBack;

    private void Check(string text, License license, BoundDevice? device)
    {
        var check = _verifier.CheckIssued(text, license.Product, device?.Ids ?? []);
        if (IsRefused(check))
        {
            throw new SigningException(
                $"A code for license {license.Id} was signed, but licensed software would refuse it as {check.Outcome}: "
                + check.GetEvidence(LicenseLanguage.English));
        }
    }

    private sealed record Header(IssuingKey Key, byte[] Text);
}
