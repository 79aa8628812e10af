namespace LicenseAuthority.Client.Fetching;

/// <summary>What is kept of fetching, over runs and processes. Instants by the clock as it was. Immutable.</summary>
internal sealed class FetchMarks
{
    /// <summary>Nothing was fetched yet.</summary>
    public static FetchMarks None { get; } = new();

    /// <summary>When somebody last began to fetch; null: nobody did.</summary>
    public DateTimeOffset? TriedAt { get; init; }

    /// <summary>When the authority last gave what was asked for; null: never.</summary>
    public DateTimeOffset? FetchedAt { get; init; }

    /// <summary>Since when it fails, without a success since; null: it does not.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>The problem of the last failure, a word; null: there is none.</summary>
    public string? Problem { get; init; }

    /// <summary>How often in a row it failed.</summary>
    public int Failures { get; init; }

    /// <summary>The authority wants to hear nothing before; null: it did not say so.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Since when the authority uses keys or a format that this software does not know; null: it does not.</summary>
    public DateTimeOffset? OutdatedSince { get; init; }

    /// <summary>An attempt begins.</summary>
    public FetchMarks Trying(DateTimeOffset now) => new()
    {
        TriedAt = now, FetchedAt = FetchedAt, FailingSince = FailingSince, Problem = Problem, Failures = Failures, NotBefore = null, OutdatedSince = OutdatedSince,
    };

    /// <summary>An attempt was answered.</summary>
    public FetchMarks Succeeded(DateTimeOffset now, bool isOutdated) => new() { TriedAt = TriedAt, FetchedAt = now, OutdatedSince = Outdated(now, isOutdated) };

    /// <summary>An attempt failed.</summary>
    public FetchMarks Failed(DateTimeOffset now, string problem, DateTimeOffset? notBefore, bool isOutdated) => new()
    {
        TriedAt = TriedAt,
        FetchedAt = FetchedAt,
        FailingSince = FailingSince ?? now,
        Problem = problem,
        Failures = Failures + 1,
        NotBefore = notBefore,
        OutdatedSince = Outdated(now, isOutdated) ?? OutdatedSince,
    };

    /// <summary>The authority said "too often" to something else than a fetch.</summary>
    public FetchMarks HeldBack(DateTimeOffset now, DateTimeOffset? notBefore) => new()
    {
        TriedAt = TriedAt ?? now,
        FetchedAt = FetchedAt,
        FailingSince = FailingSince,
        Problem = AuthorityAnswer.TooOften,
        Failures = Failures,
        NotBefore = notBefore,
        OutdatedSince = OutdatedSince,
    };

    /// <summary>Of two processes' marks those of the later attempt; of one attempt, those of its end rather than those of its beginning.</summary>
    public static FetchMarks Merge(FetchMarks one, FetchMarks other) =>
        (other.TriedAt, other.FetchedAt, other.Failures, other.NotBefore).CompareTo((one.TriedAt, one.FetchedAt, one.Failures, one.NotBefore)) > 0 ? other : one;

    private DateTimeOffset? Outdated(DateTimeOffset now, bool isOutdated) => isOutdated ? OutdatedSince ?? now : null;
}
