using LicenseAuthority.Client.Fetching;

namespace LicenseAuthority.Client;

/// <summary>What became of something that a <see cref="LicenseGuard"/> asked an authority. Says nothing of the license itself. Immutable and thread-safe.</summary>
public sealed class LicenseGuardResult
{
    private LicenseGuardResult(string? problem, IReadOnlyList<string> devices) => (Problem, Devices) = (problem, devices);

    /// <summary>True if it was done.</summary>
    public bool Succeeded => Problem is null;

    /// <summary>
    /// What stood in the way, a word for programs: the authority's own (<c>no-seat-left</c>, <c>unknown-code</c>, <c>too-many-requests</c>, …, docs/client.md), or
    /// <c>unreachable</c>, <c>timeout</c>, <c>canceled</c>, <c>redirected</c>, <c>bad-answer</c>, <c>unsafe-address</c>, <c>not-installed</c>, <c>not-activated</c>,
    /// <c>no-fingerprint</c>, <c>bad-code</c>, <c>failed</c> (something that nobody has foreseen). Null: nothing did.
    /// </summary>
    public string? Problem { get; }

    /// <summary>Since when it is so; null where that means nothing. UTC.</summary>
    internal DateTimeOffset? Since { get; private init; }

    /// <summary>From when on it may be done; null: the authority did not say. UTC.</summary>
    internal DateTimeOffset? AgainAt { get; private init; }

    /// <summary>Whether the license was valid all the same, when it was asked.</summary>
    internal bool GoesOn { get; private init; }

    /// <summary>
    /// What people call the devices that have the places, where all are taken; else empty. At most 100, without those that were given no name: there may be more than
    /// these.
    /// </summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>How many devices without a name have a place.</summary>
    internal int NamelessDevices { get; private init; }

    internal static LicenseGuardResult Success { get; } = new(null, []);

    internal static LicenseGuardResult Failure(string problem, DateTimeOffset? since, AuthorityAnswer? answer, DateTimeOffset? againAt = null) =>
        new(problem, answer?.Devices ?? []) { Since = since, AgainAt = againAt, NamelessDevices = answer?.NamelessDevices ?? 0 };

    /// <summary>The same, with whether the license is valid all the same.</summary>
    internal LicenseGuardResult When(bool isValid) => Succeeded || !isValid
        ? this
        : new(Problem, Devices) { Since = Since, AgainAt = AgainAt, NamelessDevices = NamelessDevices, GoesOn = true };

    /// <summary>What became of it, for a user, and what to do.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, never empty. Not meant to be parsed: use <see cref="Problem"/>.</returns>
    public string GetText(LicenseLanguage language) => GuardTexts.Result(this, language);

    /// <summary>The problem, or that there is none.</summary>
    /// <returns>A short text for logs.</returns>
    public override string ToString() => Problem ?? "succeeded";
}
