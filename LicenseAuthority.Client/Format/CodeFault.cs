namespace LicenseAuthority.Client.Format;

/// <summary>
/// Why a license code was refused before its claims counted: the outcome, and what the evidence needs. Holds no foreign text but
/// <see cref="KeyCertificate"/> and one character, as a number, so nothing of a hostile code reaches a log. Immutable.
/// </summary>
internal sealed class CodeFault
{
    private CodeFault(LicenseOutcome outcome, CodeFaultReason reason)
    {
        Outcome = outcome;
        Reason = reason;
    }

    public LicenseOutcome Outcome { get; }

    public CodeFaultReason Reason { get; }

    public CodePart Part { get; private init; }

    /// <summary>Place in the part, from 0: of a character in the text, of a byte in the decoded JSON; −1 when no place can be named.</summary>
    public int Position { get; private init; } = -1;

    /// <summary>The Unicode code point that does not belong into a code, or half of one; 0 when that is not the fault.</summary>
    public int Character { get; private init; }

    /// <summary>Name of the header member or claim, always one of ours.</summary>
    public string? Member { get; private init; }

    public KeyCertificate? Certificate { get; private init; }

    public uint MinimumSerial { get; private init; }

    public long IssuedAt { get; private init; }

    /// <summary>What is wrong with the form of a file; null when that is not the fault.</summary>
    public LicenseFileFault? FileFault { get; private init; }

    /// <summary>There is no code at all.</summary>
    public static CodeFault NothingInstalled { get; } = new(LicenseOutcome.NotActivated, CodeFaultReason.NothingInstalled) { Part = CodePart.Code };

    /// <summary>The code's place was given up on this device.</summary>
    public static CodeFault PlaceGivenUp { get; } = new(LicenseOutcome.NotActivated, CodeFaultReason.PlaceGivenUp) { Part = CodePart.Code };

    public static CodeFault OfFile(LicenseFileFault fault) =>
        new(LicenseOutcome.Malformed, CodeFaultReason.NotALicenseFile) { Part = CodePart.Code, FileFault = fault };

    public static CodeFault At(CodeFaultReason reason, CodePart part, int position = -1) =>
        new(LicenseOutcome.Malformed, reason) { Part = part, Position = position };

    public static CodeFault Foreign(int character, int position) =>
        new(LicenseOutcome.Malformed, CodeFaultReason.ForeignCharacter) { Character = character, Position = position };

    public static CodeFault In(CodeFaultReason reason, CodePart part, string member) =>
        new(LicenseOutcome.Malformed, reason) { Part = part, Member = member };

    public static CodeFault Untrusted(CodeFaultReason reason, KeyCertificate certificate, uint minimumSerial = 0, long issuedAt = 0) =>
        new(LicenseOutcome.UntrustedKey, reason) { Certificate = certificate, MinimumSerial = minimumSerial, IssuedAt = issuedAt };

    public static CodeFault Mismatch(KeyCertificate certificate) =>
        new(LicenseOutcome.BadSignature, CodeFaultReason.SignatureMismatch) { Part = CodePart.Signature, Certificate = certificate };
}
