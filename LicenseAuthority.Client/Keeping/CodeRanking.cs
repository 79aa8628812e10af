using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Keeping;

/// <summary>Which codes are kept, and which one counts. Pure.</summary>
internal static class CodeRanking
{
    /// <summary>How many codes are kept.</summary>
    public const int MostCodes = 8;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>
    /// A code that never takes the place of another: its key was revoked, its list says that it is over, or it was made more than a day after all that is known
    /// of the time, by a clock that ran ahead or because this machine's runs behind.
    /// </summary>
    /// <param name="held">The code.</param>
    /// <param name="minimumSerial">Keys with a lower serial are revoked.</param>
    /// <param name="latest">The later one of the clock and the latest known time; null: there is no clock to go by.</param>
    public static bool IsVoid(HeldCode held, uint minimumSerial, DateTimeOffset? latest) =>
        IsOver(held, minimumSerial) || IsAhead(held.Code, latest);

    /// <summary>The codes to keep, the best first: of each license and binding the newest, and one that is ahead of the clock beside it.</summary>
    public static List<HeldCode> Keep(IEnumerable<HeldCode> all, uint minimumSerial, DateTimeOffset? latest)
    {
        var kept = new List<HeldCode>();
        foreach (var binding in all.GroupBy(static held => held.Binding))
        {
            var newest = binding.OrderByDescending(static held => held.Code.IssuedAt).ThenByDescending(static held => held.Code.Generation).ToList();
            var good = newest.Find(held => !IsVoid(held, minimumSerial, latest));
            var ahead = newest.Find(held => !IsOver(held, minimumSerial) && IsAhead(held.Code, latest));
            if (good is not null)
            {
                kept.Add(good);
            }

            if (ahead is not null)
            {
                kept.Add(ahead);
            }

            if (good is null && ahead is null)
            {
                kept.Add(newest[0]);
            }
        }

        return
        [
            .. kept
                .OrderBy(held => IsVoid(held, minimumSerial, latest))
                .ThenBy(static held => held.IsOfOtherDevice)
                .ThenByDescending(static held => EndOf(held.Code))
                .ThenByDescending(static held => held.IsOfThisDevice)
                .ThenByDescending(static held => held.Code.IssuedAt)
                .ThenBy(static held => held.Name, StringComparer.Ordinal)
                .Take(MostCodes),
        ];
    }

    /// <summary>
    /// The code that counts, and its check: within a license a valid one first, then the one of this device, then the newest; of the licenses a valid one first, then
    /// the one that ends later. Allocates nothing. Null where there is no code.
    /// </summary>
    public static HeldCode? Choose(HeldCode[] codes, LicenseVerifier verifier, in ClockReading clock, out LicenseCheck check)
    {
        HeldCode? best = null;
        check = default;
        foreach (var held in codes)
        {
            var next = verifier.Check(held.Code, held.List, held.DeviceMatches, clock);
            if (best is null || IsBetter(held, next.Outcome, best, check.Outcome))
            {
                (best, check) = (held, next);
            }
        }

        return best;
    }

    /// <summary>When the license of a code is over; for an unlimited one the last instant there is.</summary>
    public static DateTimeOffset EndOf(LicenseCode code) => (code.IsLeased ? code.TermEndsAt : code.ExpiresAt) ?? DateTimeOffset.MaxValue;

    private static bool IsBetter(HeldCode one, LicenseOutcome outcome, HeldCode other, LicenseOutcome otherOutcome)
    {
        var (rank, otherRank) = (RankOf(outcome), RankOf(otherOutcome));
        if (rank != otherRank)
        {
            return rank < otherRank;
        }

        if (!string.Equals(one.Code.LicenseId, other.Code.LicenseId, StringComparison.Ordinal) && EndOf(one.Code) != EndOf(other.Code))
        {
            return EndOf(one.Code) > EndOf(other.Code);
        }

        return one.IsOfThisDevice != other.IsOfThisDevice ? one.IsOfThisDevice : one.Code.IssuedAt > other.Code.IssuedAt;
    }

    // The nearer to usable the better: it is what the user is told of.
    private static int RankOf(LicenseOutcome outcome) => outcome switch
    {
        LicenseOutcome.Valid => 0,
        LicenseOutcome.ClockRolledBack => 1,
        LicenseOutcome.StatusListTooOld => 2,
        LicenseOutcome.NotYetValid => 3,
        LicenseOutcome.Suspended => 4,
        LicenseOutcome.NotActivated => 5,
        LicenseOutcome.Frozen => 6,
        LicenseOutcome.Expired => 7,
        LicenseOutcome.UntrustedKey => 8,
        LicenseOutcome.Revoked => 9,
        LicenseOutcome.WrongDevice => 10,
        _ => 11,
    };

    private static bool IsOver(HeldCode held, uint minimumSerial) =>
        held.Code.Certificate.Serial < minimumSerial
        || (held.Code.StatusListIndex is { } index && held.List?.GetStatus(index) == LicenseStatus.Invalid);

    private static bool IsAhead(LicenseCode code, DateTimeOffset? latest) => latest is { } time && time < code.IssuedAt - Day;
}
