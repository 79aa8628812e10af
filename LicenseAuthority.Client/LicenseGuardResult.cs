using LicenseAuthority.Client.Fetching;

namespace LicenseAuthority.Client;

/// <summary>What became of something that a <see cref="LicenseGuard"/> asked an authority. Says nothing of the license itself. Immutable and thread-safe.</summary>
public sealed class LicenseGuardResult
{
    private LicenseGuardResult(string? problem, DateTimeOffset? since, IReadOnlyList<string> devices) => (Problem, Since, Devices) = (problem, since, devices);

    /// <summary>True if it was done.</summary>
    public bool Succeeded => Problem is null;

    /// <summary>
    /// What stood in the way, a word for programs: the authority's own (<c>no-seat-left</c>, <c>unknown-code</c>, <c>too-many-requests</c>, …, docs/client.md), or
    /// <c>unreachable</c>, <c>timeout</c>, <c>canceled</c>, <c>redirected</c>, <c>bad-answer</c>, <c>unsafe-address</c>, <c>not-installed</c>, <c>not-activated</c>,
    /// <c>no-fingerprint</c>, <c>bad-code</c>, <c>failed</c> (something that nobody has foreseen). Null: nothing did.
    /// </summary>
    public string? Problem { get; }

    /// <summary>Since when it is so; null where that means nothing. UTC.</summary>
    internal DateTimeOffset? Since { get; }

    /// <summary>What people call the devices that have all the places, where that is the problem; else empty.</summary>
    public IReadOnlyList<string> Devices { get; }

    internal static LicenseGuardResult Success { get; } = new(null, null, []);

    internal static LicenseGuardResult Failure(string problem, DateTimeOffset? since, AuthorityAnswer? answer) => new(problem, since, answer?.Devices ?? []);

    /// <summary>What became of it, for a user, and what to do.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty. Not meant to be parsed: use <see cref="Problem"/>.</returns>
    public string GetText(LicenseLanguage language) => GuardTexts.Result(this, language);

    /// <summary>The problem, or that there is none.</summary>
    /// <returns>A short text for logs.</returns>
    public override string ToString() => Problem ?? "succeeded";
}
