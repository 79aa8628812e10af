namespace LicenseAuthority.Licensing;

/// <summary>The line about a conflict. Issuing and changing both write it, and operators search the log for one wording.</summary>
internal static partial class ConflictLog
{
    /// <summary>Tells of a conflict that was stored; repeats of the same call are not told again.</summary>
    [LoggerMessage(LogLevel.Warning, "A call was answered with success but not applied: license {LicenseId}, {Activity}, order {OrderId}: {Reason}. Decide it at /admin/v1/conflicts.")]
    public static partial void LogConflict(this ILogger logger, string licenseId, string activity, string? orderId, string? reason);
}
