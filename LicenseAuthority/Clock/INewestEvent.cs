namespace LicenseAuthority.Clock;

/// <summary>Knows when something was last recorded: no right time lies before it.</summary>
internal interface INewestEvent
{
    /// <summary>The time of the event that was stored last; null when there is none.</summary>
    ValueTask<DateTimeOffset?> FindAsync(CancellationToken cancellationToken);
}
