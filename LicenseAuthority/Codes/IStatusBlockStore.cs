namespace LicenseAuthority.Codes;

/// <summary>Hands out blocks of entries of the status lists.</summary>
internal interface IStatusBlockStore
{
    /// <summary>
    /// Draws the next block of the list that takes new entries, durably: no block is handed out twice, not even after a crash. When the list is
    /// full, a new one is begun. Throws <see cref="StoreBusyException"/>.
    /// </summary>
    Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken);
}
