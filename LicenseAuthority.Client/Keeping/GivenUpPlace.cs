namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// That the place of a binding, see <see cref="HeldCode.Binding"/>, was given up here, or was got again since: each time it is another turn, so that of two processes
/// the later one is told without a clock. Immutable.
/// </summary>
/// <param name="issuedAt">When the last code of the place was made: those up to it are not to come back.</param>
/// <param name="turn">From 1 on; odd: given up; even: got again.</param>
internal readonly struct GivenUpPlace(DateTimeOffset issuedAt, int turn) : IEquatable<GivenUpPlace>
{
    /// <summary>More often than anybody does it; what is read from a file has to end somewhere.</summary>
    public const int MostTurns = 1_000_000;

    public DateTimeOffset IssuedAt { get; } = issuedAt;

    public int Turn { get; } = turn;

    public bool IsGivenUp => Turn % 2 == 1;

    /// <summary>The place is given up, with codes up to this time.</summary>
    public GivenUpPlace Again(DateTimeOffset lastIssuedAt) =>
        new(lastIssuedAt > IssuedAt || !IsGivenUp ? lastIssuedAt : IssuedAt, IsGivenUp ? Turn : Turn + 1);

    /// <summary>The place was got again.</summary>
    public GivenUpPlace GotAgain() => IsGivenUp ? new(IssuedAt, Turn + 1) : this;

    /// <summary>Below zero: this one is earlier; above: later.</summary>
    public int CompareWith(GivenUpPlace other) => Turn != other.Turn ? Turn.CompareTo(other.Turn) : IssuedAt.CompareTo(other.IssuedAt);

    public bool Equals(GivenUpPlace other) => IssuedAt == other.IssuedAt && Turn == other.Turn;

    public override bool Equals(object? obj) => obj is GivenUpPlace other && Equals(other);

    public override int GetHashCode() => IssuedAt.GetHashCode() ^ Turn;
}
