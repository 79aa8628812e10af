namespace LicenseAuthority.Clock;

/// <summary>What the clock says at one instant.</summary>
/// <param name="Now">The service's time.</param>
/// <param name="Wall">The wall time of this machine; another one while a jump is held.</param>
/// <param name="SettledFor">For how long the time has been in no doubt; zero in the first <see cref="ClockOptions.HoldFor"/> after a start or a jump.</param>
internal readonly record struct ClockReading(DateTimeOffset Now, DateTimeOffset Wall, TimeSpan SettledFor)
{
    /// <summary>A jump is not believed yet.</summary>
    public bool IsHeld => Now != Wall;

    /// <summary>By how much the wall time is ahead, in whole seconds.</summary>
    public TimeSpan Ahead => TimeSpan.FromSeconds(Math.Round((Wall - Now).TotalSeconds));

    /// <summary>How long something has been due; what it waited because the time was in doubt does not count.</summary>
    public TimeSpan OverdueSince(DateTimeOffset dueAt)
    {
        var due = Now - dueAt;
        return due < TimeSpan.Zero ? TimeSpan.Zero : due < SettledFor ? due : SettledFor;
    }

    /// <summary>False while what the clock decides should not be recorded: it cannot be taken back.</summary>
    public bool IsSettled => SettledFor > TimeSpan.Zero;
}
