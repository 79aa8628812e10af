namespace LicenseAuthority.Licensing;

/// <summary>
/// The time that a license's next code says it was issued at. It comes from the clock and from the license's last code, never from stored events: a clock
/// that was ahead once must not make codes that licensed software refuses. Within a license it rises, and strictly for each binding, but for a last code
/// that was signed by such a clock: that one is void.
/// </summary>
internal static class CodeTime
{
    /// <summary>How far ahead of the clock a last code may lie to be followed: licensed software tolerates 24 hours, also of a slower clock.</summary>
    public static readonly TimeSpan LongestLead = TimeSpan.FromHours(23);

    /// <summary>From which lead on a clock must be wrong: changes within one second lead too.</summary>
    public static readonly TimeSpan NoticedLead = TimeSpan.FromMinutes(1);

    /// <summary>Whether a code's lead tells of a wrong clock: many changes at once lead too, by no more seconds than the license has codes.</summary>
    public static bool IsNoticed(TimeSpan lead, int generation) => lead > NoticedLead && lead > TimeSpan.FromSeconds(generation);

    /// <summary>Whether a last code was signed by a clock that was far ahead. It is void as soon as a next one is made, with every other code of such a time.</summary>
    public static bool IsFarAhead(DateTimeOffset last, DateTimeOffset now) => last - LicenseTime.CutToSecond(now) > LongestLead;

    /// <summary>The time of the code after one of <paramref name="last"/>. Before it: then the last one is void.</summary>
    public static DateTimeOffset Next(DateTimeOffset last, DateTimeOffset now)
    {
        var clock = LicenseTime.CutToSecond(now);
        return IsFarAhead(last, now) ? clock : LicenseTime.Later(clock, last + TimeSpan.FromSeconds(1));
    }

    /// <summary>
    /// The same for a code that is bound to a device. Where it would run more than a minute ahead of the clock it shares the second of the last code, unless that
    /// is of the same device: hundreds that are activated at once would come to the longest lead, and codes of different devices are never compared.
    /// </summary>
    /// <param name="last">Of the license's newest code.</param>
    /// <param name="lastOfDevice">Of the device's newest code; null = it had none.</param>
    /// <param name="now">The instant.</param>
    public static DateTimeOffset NextOfDevice(DateTimeOffset last, DateTimeOffset? lastOfDevice, DateTimeOffset now)
    {
        var next = Next(last, now);
        return next > last && next - LicenseTime.CutToSecond(now) > NoticedLead && !(lastOfDevice >= last) ? last : next;
    }
}
