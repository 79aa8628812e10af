namespace LicenseAuthority.Licensing;

/// <summary>How far a sweep over the due licenses has come: a license that cannot be settled is passed by and not met again in the same sweep.</summary>
internal sealed record DueCursor(long DueAtMilliseconds, string LicenseId)
{
    /// <summary>Before the first one.</summary>
    public static readonly DueCursor Start = new(long.MinValue, "");
}
