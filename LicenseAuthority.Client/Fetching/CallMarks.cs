namespace LicenseAuthority.Client.Fetching;

/// <summary>
/// What was asked for last, and what the authority said of the license: for showing only, as it is not signed. Kept over runs and processes. Instants by the clock as it
/// was. Immutable.
/// </summary>
internal sealed class CallMarks
{
    /// <summary>A call for a place.</summary>
    public const string Activation = "activation";

    /// <summary>A call that gives a place up.</summary>
    public const string Release = "release";

    /// <summary>The problem of one that was done.</summary>
    public const string Done = "done";

    /// <summary>Nothing was asked yet.</summary>
    public static CallMarks None { get; } = new();

    /// <summary>When a place was last asked for or given up; null: never.</summary>
    public DateTimeOffset? AttemptedAt { get; init; }

    /// <summary>Which of both.</summary>
    public string Attempt { get; init; } = "";

    /// <summary>What became of it: the problem, or <see cref="Done"/>.</summary>
    public string Result { get; init; } = "";

    /// <summary>When the authority last named a state; null: never.</summary>
    public DateTimeOffset? StatedAt { get; init; }

    /// <summary>The state, or the problem that says it.</summary>
    public string State { get; init; } = "";

    /// <summary>The name of the license's id, see <see cref="Keeping.StoreDocument.NameOf"/>.</summary>
    public string StatedOf { get; init; } = "";

    /// <summary>Whether it said of any license that it is over.</summary>
    public bool IsOver => State is "Revoked" or "Released" or "code-over";

    /// <summary>Of two processes' marks the later ones of each kind.</summary>
    public static CallMarks Merge(CallMarks one, CallMarks other)
    {
        var (hasAttempt, hasState) = (IsLater(other.AttemptedAt, one.AttemptedAt), IsLater(other.StatedAt, one.StatedAt));
        if (!hasAttempt && !hasState)
        {
            return one;
        }

        var (attempt, state) = (hasAttempt ? other : one, hasState ? other : one);
        return new CallMarks
        {
            AttemptedAt = attempt.AttemptedAt,
            Attempt = attempt.Attempt,
            Result = attempt.Result,
            StatedAt = state.StatedAt,
            State = state.State,
            StatedOf = state.StatedOf,
        };
    }

    /// <summary>What the authority said of a license in an answer; <see cref="None"/>: nothing that can be shown.</summary>
    public static CallMarks Of(AuthorityAnswer answer, string licenseId, DateTimeOffset now)
    {
        var state = answer.Status == 410 ? answer.Problem : answer.Problem is null ? answer.Text("state") : null;
        return IsWord(state) ? new CallMarks { StatedAt = now, State = state!, StatedOf = Keeping.StoreDocument.NameOf(licenseId) } : None;
    }

    /// <summary>It is shown and stored: nothing but a short word may be in it.</summary>
    public static bool IsWord(string? text) =>
        text is { Length: > 0 and <= 40 } && text.All(static character => character is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '-' or '_');

    private static bool IsLater(DateTimeOffset? one, DateTimeOffset? other) => one is not null && !(other >= one);
}
