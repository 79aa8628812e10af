using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>How a license comes to stand in a column of the table of events and states; a column may have several.</summary>
internal enum Column
{
    Active,
    FrozenByTheTerm,
    FrozenByTheTermUnsettled,
    FrozenByAnExpireCall,
    FrozenByTheMarketplacesHold,
    FrozenByAnOperatorsHold,
    ReleasedByTheClock,
    ReleasedByTheClockUnsettled,
    ReleasedByTheMarketplace,
    ReleasedByAnOperator,
    Revoked,
}

/// <summary>A license as it was stored, and the instant at which a call comes.</summary>
/// <param name="License">As it was stored.</param>
/// <param name="Now">When the call comes.</param>
/// <param name="Settled">Its facts when what the clock has decided is recorded; the version not counted on.</param>
/// <param name="ByTheClock">What settling has to record first.</param>
internal sealed record Situation(
    License License, DateTimeOffset Now, License Settled, IReadOnlyList<(LicenseEventType Type, DateTimeOffset At)> ByTheClock)
{
    private static readonly DateTimeOffset Then = LicenseBuilder.Start.AddDays(100);
    private static readonly DateTimeOffset Later = LicenseBuilder.Start.AddDays(110);
    private static readonly DateTimeOffset InGrace = LicenseBuilder.End.AddDays(5);
    private static readonly DateTimeOffset AfterGrace = LicenseBuilder.GraceEnd.AddDays(3);

    public static Situation Of(Column column, Func<LicenseBuilder, LicenseBuilder>? change = null)
    {
        var builder = new LicenseBuilder();
        builder = change?.Invoke(builder) ?? builder;
        return column switch
        {
            Column.Active => At(Later, builder),
            Column.FrozenByTheTerm => At(InGrace, builder.FrozenByTheTerm()),
            Column.FrozenByTheTermUnsettled => new(
                builder.Build(), InGrace, builder.FrozenByTheTerm(), [(LicenseEventType.Frozen, LicenseBuilder.End)]),
            Column.FrozenByAnExpireCall => At(Later, builder.ExpiredByTheMarketplace(Then)),
            Column.FrozenByTheMarketplacesHold => At(Later, builder.HeldByTheMarketplace(Then)),
            Column.FrozenByAnOperatorsHold => At(Later, builder.HeldByAnOperator(Then)),
            Column.ReleasedByTheClock => At(AfterGrace, builder.ReleasedByTheClock()),
            Column.ReleasedByTheClockUnsettled => new(
                builder.Build(), AfterGrace, builder.ReleasedByTheClock(),
                [(LicenseEventType.Frozen, LicenseBuilder.End), (LicenseEventType.Released, LicenseBuilder.GraceEnd)]),
            Column.ReleasedByTheMarketplace => At(Later, builder.Released(ReleasedBy.Marketplace, Then)),
            Column.ReleasedByAnOperator => At(Later, builder.Released(ReleasedBy.Admin, Then)),
            Column.Revoked => At(Later, builder.Revoked(Then)),
            _ => throw new ArgumentOutOfRangeException(nameof(column), column, "An unknown column."),
        };
    }

    /// <summary>A license of which everything is recorded.</summary>
    public static Situation At(DateTimeOffset now, License license) => new(license, now, license, []);
}
