using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Keeping;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client.Notices;

/// <summary>Decides what there is to warn of. Pure.</summary>
internal static class NoticeRules
{
    /// <summary>The notices, in the order of their kinds.</summary>
    /// <param name="held">The code that counts; null: there is none.</param>
    /// <param name="check">Its check, now.</param>
    /// <param name="fetch">What is known of fetching.</param>
    /// <param name="notWritableSince">Since when the store cannot be written; null: it can.</param>
    /// <param name="freedSince">Since when the authority says that the code's place is gone; null: it does not.</param>
    /// <param name="sources">Where the host's codes come from.</param>
    /// <param name="warnBefore">For how long to warn of an end.</param>
    public static List<LicenseNotice> Find(
        HeldCode? held,
        in LicenseCheck check,
        FetchMarks fetch,
        DateTimeOffset? notWritableSince,
        DateTimeOffset? freedSince,
        CodeSource[] sources,
        TimeSpan warnBefore)
    {
        var notices = new List<LicenseNotice>();
        var now = check.CheckedAt;
        if (held is not null && check.IsValid)
        {
            AddEnds(notices, held.Code, now, warnBefore);
        }

        if (held?.Code.StatusListUri is not null && check.License is not null)
        {
            AddStatus(notices, held, check, now, warnBefore);
        }

        if (IsSuspect(check))
        {
            // Where nothing was learned yet, the code itself is what is known.
            var known = check.Clock.LatestKnown == DateTimeOffset.MinValue && check.License is { } license ? license.IssuedAt : check.Clock.LatestKnown;
            notices.Add(new LicenseNotice(LicenseNoticeKind.ClockSuspect, known, LicenseTexts.Date(known)));
        }

        if (notWritableSince is { } unwritable)
        {
            notices.Add(new LicenseNotice(LicenseNoticeKind.StoreNotWritable, unwritable));
        }

        if (fetch.FailingSince is { } failing)
        {
            notices.Add(new LicenseNotice(LicenseNoticeKind.RefreshFailing, failing, fetch.Problem ?? ""));
        }

        if (freedSince is { } freed)
        {
            notices.Add(new LicenseNotice(LicenseNoticeKind.DeviceFreed, freed));
        }

        if (fetch.OutdatedSince is { } outdated)
        {
            notices.Add(new LicenseNotice(LicenseNoticeKind.UpdateSoftware, outdated));
        }
        else if (held is not null && check.Outcome == LicenseOutcome.UntrustedKey)
        {
            notices.Add(new LicenseNotice(LicenseNoticeKind.UpdateSoftware, fetch.FetchedAt ?? now));
        }

        foreach (var source in sources)
        {
            if (source.Finding is { IsTrouble: true } finding)
            {
                notices.Add(new LicenseNotice(LicenseNoticeKind.SourceNotUsable, finding.Since, source.Name) { Refusal = finding.Refusal });
            }
        }

        return notices;
    }

    private static void AddEnds(List<LicenseNotice> notices, LicenseCode code, DateTimeOffset now, TimeSpan warnBefore)
    {
        if ((code.IsLeased ? code.TermEndsAt : code.ExpiresAt) is { } end && now >= Before(end, warnBefore))
        {
            var since = Before(end, warnBefore);
            notices.Add(new LicenseNotice(LicenseNoticeKind.ExpiresSoon, since > code.IssuedAt ? since : code.IssuedAt, LicenseTexts.Date(end)));
        }

        // Half of it is when it is prolonged; a quarter later somebody should know that it was not.
        if (code is { IsLeased: true, ExpiresAt: { } leaseEnd } && leaseEnd != code.TermEndsAt)
        {
            var since = leaseEnd - TimeSpan.FromTicks((leaseEnd - code.IssuedAt).Ticks / 4);
            if (now >= since)
            {
                notices.Add(new LicenseNotice(LicenseNoticeKind.LeaseEndsSoon, since, LicenseTexts.Date(leaseEnd)));
            }
        }
    }

    private static void AddStatus(List<LicenseNotice> notices, HeldCode held, in LicenseCheck check, DateTimeOffset now, TimeSpan warnBefore)
    {
        if (check.StatusUnknownSince is { } unknown)
        {
            notices.Add(new LicenseNotice(LicenseNoticeKind.StatusUnknown, unknown, LicenseTexts.Date(unknown)));
        }
        else if (check.IsValid && held.List is { } list)
        {
            // A list that lives shortly is not always about to end.
            var quarter = TimeSpan.FromTicks((list.ExpiresAt - list.IssuedAt).Ticks / 4);
            var since = Before(list.ExpiresAt, quarter < warnBefore ? quarter : warnBefore);
            if (now >= since)
            {
                notices.Add(new LicenseNotice(LicenseNoticeKind.StatusListEndsSoon, since, LicenseTexts.Date(list.ExpiresAt)));
            }
        }
    }

    private static bool IsSuspect(in LicenseCheck check) => check.Clock.Standing switch
    {
        ClockStanding.RolledBack or ClockStanding.Held => true,
        ClockStanding.FarAhead => check.Outcome is LicenseOutcome.Expired or LicenseOutcome.Frozen,
        _ => check.Outcome == LicenseOutcome.ClockRolledBack,
    };

    private static DateTimeOffset Before(DateTimeOffset end, TimeSpan span) => end - DateTimeOffset.MinValue > span ? end - span : DateTimeOffset.MinValue;
}
