using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Keeping;

/// <summary>Which codes are kept, and which one counts. Pure.</summary>
internal static class CodeRanking
{
    /// <summary>Of how many licenses codes are kept.</summary>
    public const int MostLicenses = 8;

    // Unbound, of this device, ahead of the clock: of a license there are seldom more.
    private const int MostCodes = 3 * MostLicenses;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>
    /// A code that never takes the place of another: its key was revoked, its list says that it is over, or it was made more than a day after all that is known
    /// of the time, by a clock that ran ahead or because this machine's runs behind.
    /// </summary>
    /// <param name="held">The code.</param>
    /// <param name="minimumSerial">Keys with a lower serial are revoked.</param>
    /// <param name="latest">The later one of the clock and the latest known time; null: there is no clock to go by.</param>
    public static bool IsVoid(HeldCode held, uint minimumSerial, DateTimeOffset? latest) =>
        IsOver(held, minimumSerial) || IsAhead(held.Code.IssuedAt, latest);

    /// <summary>
    /// The codes to keep, the best first: of each license and binding the newest that has begun, and one that is ahead of the clock beside it, be it that it begins
    /// later or that a clock which ran ahead signed it. Where there are too many licenses,
    /// first those that serve now, then those that are nearest to it: what was bought ahead, or what does not serve here, does not drive out what is in use.
    /// </summary>
    public static List<HeldCode> Keep(IEnumerable<HeldCode> all, uint minimumSerial, DateTimeOffset? latest, Func<HeldCode, LicenseOutcome> outcomeOf)
    {
        var kept = new List<HeldCode>();
        foreach (var binding in all.GroupBy(static held => held.Binding))
        {
            var newest = binding.OrderByDescending(static held => held.Code.IssuedAt).ThenByDescending(static held => held.Code.Generation).ToList();
            var notOver = newest.FindAll(held => !IsOver(held, minimumSerial));
            var good = notOver.Find(held => !IsEarly(held));
            var ahead = notOver.Find(IsEarly);
            if (good is not null)
            {
                kept.Add(good);
            }

            if (ahead is not null)
            {
                kept.Add(ahead);
            }

            if (notOver.Count == 0)
            {
                kept.Add(newest[0]);
            }
        }

        var ranked = kept
            .OrderBy(held => IsVoid(held, minimumSerial, latest))
            .ThenBy(static held => held.IsOfOtherDevice)
            .ThenByDescending(static held => EndOf(held.Code))
            .ThenByDescending(static held => held.IsOfThisDevice)
            .ThenByDescending(static held => held.Code.IssuedAt)
            .ThenBy(static held => held.Name, StringComparer.Ordinal)
            .ToList();
        var licenses = new HashSet<string>(
            ranked
                .OrderBy(held => RankOf(outcomeOf(held)))
                .ThenBy(held => IsVoid(held, minimumSerial, latest))
                .ThenBy(static held => held.IsOfOtherDevice)
                .Select(static held => held.Code.LicenseId)
                .Distinct(StringComparer.Ordinal)
                .Take(MostLicenses),
            StringComparer.Ordinal);
        return [.. ranked.Where(held => licenses.Contains(held.Code.LicenseId)).Take(MostCodes)];

        bool IsEarly(HeldCode held) => IsAhead(held.Code.IssuedAt, latest) || outcomeOf(held) == LicenseOutcome.NotYetValid;
    }

    /// <summary>
    /// The code that counts, and its check: within a license a valid one first, then the one of this device unless it is over, then the newest; of the licenses a valid
    /// one first, then the one that ends later. Allocates nothing. Null where there is no code.
    /// </summary>
    public static HeldCode? Choose(HeldCode[] codes, LicenseVerifier verifier, in ClockReading clock, out LicenseCheck check)
    {
        HeldCode? best = null;
        check = default;
        for (var i = 0; i < codes.Length; i++)
        {
            // License by license, each where its first code stands: which of two codes of one license counts is not told by the rank of their outcomes alone.
            if (IsSeenBefore(codes, i))
            {
                continue;
            }

            var ofLicense = codes[i];
            var itsCheck = verifier.Check(ofLicense.Code, ofLicense.List, ofLicense.DeviceMatches, clock);
            for (var j = i + 1; j < codes.Length; j++)
            {
                if (IsOfSameLicense(codes[j], ofLicense))
                {
                    var next = verifier.Check(codes[j].Code, codes[j].List, codes[j].DeviceMatches, clock);
                    if (IsBetterOfLicense(codes[j], next.Outcome, ofLicense, itsCheck.Outcome))
                    {
                        (ofLicense, itsCheck) = (codes[j], next);
                    }
                }
            }

            if (best is null || IsBetter(ofLicense, itsCheck.Outcome, best, check.Outcome))
            {
                (best, check) = (ofLicense, itsCheck);
            }
        }

        return best;
    }

    /// <summary>Whether two codes are of one license.</summary>
    public static bool IsOfSameLicense(HeldCode one, HeldCode other) => string.Equals(one.Code.LicenseId, other.Code.LicenseId, StringComparison.Ordinal);

    /// <summary>When the license of a code is over; for an unlimited one the last instant there is.</summary>
    public static DateTimeOffset EndOf(LicenseCode code) => (code.IsLeased ? code.TermEndsAt : code.ExpiresAt) ?? DateTimeOffset.MaxValue;

    private static bool IsBetter(HeldCode one, LicenseOutcome outcome, HeldCode other, LicenseOutcome otherOutcome)
    {
        var (rank, otherRank) = (RankOf(outcome), RankOf(otherOutcome));
        if (rank != otherRank)
        {
            return rank < otherRank;
        }

        return EndOf(one.Code) != EndOf(other.Code) ? EndOf(one.Code) > EndOf(other.Code) : IsNearer(one, other);
    }

    // What has become of the device's own code, such as that its lease is over, is what the user is to be told, and not that the unbound one wants to be activated.
    // One that is over is no code of this device any more: its place was given up.
    private static bool IsBetterOfLicense(HeldCode one, LicenseOutcome outcome, HeldCode other, LicenseOutcome otherOutcome)
    {
        var (group, otherGroup) = (GroupOf(outcome), GroupOf(otherOutcome));
        if (group != otherGroup)
        {
            return group < otherGroup;
        }

        var (rank, otherRank) = (RankOf(outcome), RankOf(otherOutcome));
        return one.IsOfThisDevice == other.IsOfThisDevice && rank != otherRank ? rank < otherRank : IsNearer(one, other);
    }

    private static bool IsNearer(HeldCode one, HeldCode other) =>
        one.IsOfThisDevice != other.IsOfThisDevice ? one.IsOfThisDevice : one.Code.IssuedAt > other.Code.IssuedAt;

    private static bool IsSeenBefore(HeldCode[] codes, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (IsOfSameLicense(codes[i], codes[index]))
            {
                return true;
            }
        }

        return false;
    }

    private static int GroupOf(LicenseOutcome outcome) => outcome switch
    {
        LicenseOutcome.Valid => 0,
        LicenseOutcome.UntrustedKey or LicenseOutcome.Revoked or LicenseOutcome.WrongDevice => 2,
        _ => 1,
    };

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

    /// <summary>Its key was revoked, or its list says that it is over.</summary>
    public static bool IsOver(HeldCode held, uint minimumSerial) =>
        held.Code.Certificate.Serial < minimumSerial
        || (held.Code.StatusListIndex is { } index && held.List?.GetStatus(index) == LicenseStatus.Invalid);

    /// <summary>Signed more than a day after all that is known of the time.</summary>
    public static bool IsAhead(DateTimeOffset signed, DateTimeOffset? latest) => latest is { } time && time < signed - Day;
}
