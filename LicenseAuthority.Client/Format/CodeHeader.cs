namespace LicenseAuthority.Client.Format;

/// <summary>The JOSE header of a license code: says which key signed, and nothing that could change how it is verified.</summary>
internal sealed class CodeHeader
{
    /// <summary>The only <c>typ</c> of a license code.</summary>
    public const string LicenseCodeType = "license+jwt";

    /// <summary>The only <c>typ</c> of a status list.</summary>
    public const string StatusListType = "statuslist+jwt";

    private CodeHeader(string keyId, string certificate)
    {
        KeyId = keyId;
        Certificate = certificate;
    }

    /// <summary>Member <c>kid</c>.</summary>
    public string KeyId { get; }

    /// <summary>Member <c>cert</c>, as written: base64url of a <see cref="KeyCertificate"/>.</summary>
    public string Certificate { get; }

    /// <summary>Reads a header; null, with the first fault, for one of another <c>typ</c> than this.</summary>
    public static CodeHeader? Read(CodeText code, string expectedType, out CodeFault? fault)
    {
        if (code.ReadHeader(out fault) is not { } header)
        {
            return null;
        }

        var members = new MemberReader(header, CodePart.Header);
        var type = members.RequiredText("typ", expectedType.Length);
        if (type != expectedType)
        {
            members.Refuse("typ");
        }

        // Both names mean Ed25519 here (RFC 8037, RFC 9864): the algorithm belongs to the key, the header cannot choose one.
        if (members.RequiredText("alg", 16) is not ("EdDSA" or "Ed25519"))
        {
            members.Refuse("alg");
        }

        var keyId = members.RequiredText("kid", KeyThumbprint.Length);
        var certificate = members.RequiredText("cert", ((KeyCertificate.Size * 4) + 2) / 3);
        fault = members.Fault;

        // RFC 7515 section 4.1.11: who does not understand an extension listed here must refuse. We understand none.
        if (header.Find("crit") is not null)
        {
            fault = CodeFault.In(CodeFaultReason.CriticalExtension, CodePart.Header, "crit");
        }

        return fault is null ? new CodeHeader(keyId, certificate) : null;
    }
}
