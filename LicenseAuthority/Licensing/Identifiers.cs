using System.Security.Cryptography;

namespace LicenseAuthority.Licensing;

/// <summary>
/// Makes ids: a prefix that tells what it is, and a ULID. They sort by time, which keeps the indexes of a growing store compact, and their
/// random part cannot be guessed from another one.
/// </summary>
internal sealed class Identifiers(TimeProvider time)
{
    public string NewLicenseId() => "lic_" + NewUlid();

    public string NewCustomerId() => "cus_" + NewUlid();

    public string NewConflictId() => "cft_" + NewUlid();

    public string NewActivationId() => "act_" + NewUlid();

    public string NewWebhookId() => "whk_" + NewUlid();

    /// <summary>An id for a message that goes out; the receiver tells repeats by it.</summary>
    public string NewMessageId() => "msg_" + NewUlid();

    /// <summary>An id under which a fault stands in the log, to be told to the caller.</summary>
    public string NewFaultId() => "flt_" + NewUlid();

    private string NewUlid()
    {
        Span<byte> randomness = stackalloc byte[10];
        RandomNumberGenerator.Fill(randomness);
        return Ulid.NewUlid(time.GetUtcNow(), randomness).ToString();
    }
}
