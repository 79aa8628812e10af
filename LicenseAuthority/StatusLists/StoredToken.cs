using LicenseAuthority.Client.Format;

namespace LicenseAuthority.StatusLists;

/// <summary>
/// Reads what stands in a token of our own database. It is not verified, as it may be by a key that was revoked since; null says that it is damaged. Pure.
/// </summary>
internal static class StoredToken
{
    /// <summary>The certificate of the key that has signed it.</summary>
    public static KeyCertificate? ReadCertificate(StatusListToken token) => Read(token, static (_, certificate) => certificate);

    /// <summary>Its entries.</summary>
    public static StatusEntries? ReadEntries(StatusListToken token) =>
        Read(token, static (text, certificate) => StatusListReader.Read(text, certificate, out _) is { } list ? StatusEntries.From(list.Entries) : null);

    private static T? Read<T>(StatusListToken token, Func<CodeText, KeyCertificate, T?> read)
        where T : class
    {
        var text = CodeText.Read(token.Text, out _, StatusListReader.MaximumLength, StatusListReader.MaximumRawLength);
        try
        {
            return text is not null
                && CodeHeader.Read(text, CodeHeader.StatusListType, out _) is { } header
                && KeyCertificate.TryParse(header.Certificate, out var certificate)
                    ? read(text, certificate!)
                    : null;
        }
        finally
        {
            text?.GiveBack();
        }
    }
}
