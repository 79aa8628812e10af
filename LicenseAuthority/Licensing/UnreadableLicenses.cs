namespace LicenseAuthority.Licensing;

/// <summary>
/// The licenses that whoever reads many at once has passed by, since their rows or their codes cannot be read: each is told once for either, until that part of it can
/// be read again. Thread-safe.
/// </summary>
internal sealed partial class UnreadableLicenses(ILogger<UnreadableLicenses> logger)
{
    /// <summary>Of more than these a damaged disk is the matter and not a row: they are not told one by one.</summary>
    public const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, StoredParts> _parts = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>How many there are, as far as anybody has looked.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>This part of one could not be read, and was passed by.</summary>
    public void Found(UnreadableLicenseException exception, StoredParts part = StoredParts.Row)
    {
        lock (_gate)
        {
            var known = _parts.GetValueOrDefault(exception.LicenseId);
            if (known.HasFlag(part) || (known == StoredParts.None && _parts.Count >= Most))
            {
                return;
            }

            _parts[exception.LicenseId] = known | part;
            Volatile.Write(ref _count, _parts.Count);
        }

        LogUnreadable(exception.Message);
    }

    /// <summary>This part of one was read. Costs nothing while there is none that cannot be.</summary>
    public void Read(string licenseId, StoredParts part = StoredParts.Row)
    {
        if (Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (!_parts.TryGetValue(licenseId, out var known))
            {
                return;
            }

            if ((known & ~part) is var left and not StoredParts.None)
            {
                _parts[licenseId] = left;
            }
            else
            {
                _parts.Remove(licenseId);
            }

            Volatile.Write(ref _count, _parts.Count);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Reason}")]
    private partial void LogUnreadable(string reason);
}
