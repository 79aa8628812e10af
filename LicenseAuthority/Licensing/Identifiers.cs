using System.Security.Cryptography;

namespace LicenseAuthority.Licensing;

/// <summary>
/// Makes ids: a prefix that tells what it is, and a ULID. They sort by time, which keeps the indexes of a growing store compact, and their
/// random part cannot be guessed from another one.
/// </summary>
internal sealed class Identifiers(TimeProvider time)
{
    private const string CallPrefix = "call_";

    public string NewLicenseId() => "lic_" + NewUlid();

    public string NewCustomerId() => "cus_" + NewUlid();

    public string NewConflictId() => "cft_" + NewUlid();

    public string NewActivationId() => "act_" + NewUlid();

    public string NewWebhookId() => "whk_" + NewUlid();

    /// <summary>An id for a message that goes out; the receiver tells repeats by it.</summary>
    public string NewMessageId() => "msg_" + NewUlid();

    /// <summary>An id under which a fault stands in the log, to be told to the caller.</summary>
    public string NewFaultId() => "flt_" + NewUlid();

    /// <summary>An id for a call that began at an instant, which is not now: it is written down later.</summary>
    public static string NewCallId(DateTimeOffset at) => CallPrefix + NewUlid(at);

    /// <summary>Not above the id of any call that began at this instant, to the millisecond, or later; and above all of earlier ones.</summary>
    public static string FirstCallId(DateTimeOffset at)
    {
        // Before 1970 there is no ULID, and no call.
        ReadOnlySpan<byte> lowest = stackalloc byte[10];
        return CallPrefix + Ulid.NewUlid(at < DateTimeOffset.UnixEpoch ? DateTimeOffset.UnixEpoch : at, lowest);
    }

    private string NewUlid() => NewUlid(time.GetUtcNow());

    private static string NewUlid(DateTimeOffset at)
    {
        Span<byte> randomness = stackalloc byte[10];
        RandomNumberGenerator.Fill(randomness);
        return Ulid.NewUlid(at, randomness).ToString();
    }
}
