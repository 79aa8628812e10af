namespace LicenseAuthority.Marketplaces;

/// <summary>When an access key was last used.</summary>
/// <param name="Account">The key's account.</param>
/// <param name="KeyId">The first 8 hexadecimal digits of the key's SHA-256.</param>
/// <param name="UsedAt">To the minute.</param>
internal sealed record AccessKeyUse(string Account, string KeyId, DateTimeOffset UsedAt);

/// <summary>How an account's calls for one thing of the marketplace's open API went, whichever node made them.</summary>
/// <param name="Account">The account.</param>
/// <param name="Activity">What was called: each has rights of its own at the marketplace, so a good answer to one says nothing of another.</param>
/// <param name="LastSuccessAt">When one last succeeded, to the minute; null = never.</param>
/// <param name="LastCallAt">When the newest one was made.</param>
/// <param name="LastError">Why the newest one failed; null = it succeeded.</param>
internal sealed record OpenApiUse(string Account, string Activity, DateTimeOffset? LastSuccessAt, DateTimeOffset LastCallAt, string? LastError);

/// <summary>
/// Which uses are worth a write: of a key one in a minute; of the open API what is newest in each batch, as other nodes call too, and only the store knows what it
/// is newer than. Not thread-safe: the journal's one writer has it.
/// </summary>
internal sealed class LastUses
{
    /// <summary>
    /// A use that is stored as so much later than a new one was not later: the clock was ahead when it was stored, and has been set back. Calls of other nodes and
    /// those that waited for the store are not so far apart.
    /// </summary>
    public static readonly TimeSpan NoLater = TimeSpan.FromHours(1);

    private readonly Dictionary<(string Account, string KeyId), DateTimeOffset> _keys = [];

    /// <summary>
    /// What these calls, in any order, tell that is new, in an order that is the same on all nodes. Asking changes nothing: say <see cref="Stored"/> when it is
    /// stored.
    /// </summary>
    public (IReadOnlyList<AccessKeyUse> Keys, IReadOnlyList<OpenApiUse> OpenApi) FindNew(IEnumerable<EndedCall> calls)
    {
        Dictionary<(string, string), AccessKeyUse> keys = [];
        Dictionary<(string, string), OpenApiUse> openApi = [];
        foreach (var call in calls)
        {
            if (call is { Direction: CallDirection.In, AccessKeyId: { } keyId })
            {
                var usedAt = CutToMinute(call.At);
                var key = (call.Account, keyId);
                var known = keys.TryGetValue(key, out var before) ? before.UsedAt : _keys.GetValueOrDefault(key);
                if (usedAt > known || known - usedAt > NoLater)
                {
                    keys[key] = new AccessKeyUse(call.Account, keyId, usedAt);
                }
            }
            else if (call.Direction == CallDirection.Out)
            {
                var called = (call.Account, call.Activity);
                openApi[called] = Add(openApi.GetValueOrDefault(called), call);
            }
        }

        return (
            [.. keys.Values.OrderBy(static use => use.Account, StringComparer.Ordinal).ThenBy(static use => use.KeyId, StringComparer.Ordinal)],
            [.. openApi.Values.OrderBy(static use => use.Account, StringComparer.Ordinal).ThenBy(static use => use.Activity, StringComparer.Ordinal)]);
    }

    /// <summary>These are stored.</summary>
    public void Stored(IReadOnlyList<AccessKeyUse> keys)
    {
        foreach (var use in keys)
        {
            _keys[(use.Account, use.KeyId)] = use.UsedAt;
        }
    }

    private static OpenApiUse Add(OpenApiUse? known, EndedCall call)
    {
        var succeededAt = call.Error is null ? CutToMinute(call.At) : (DateTimeOffset?)null;
        if (known?.LastSuccessAt is { } before && !(succeededAt > before))
        {
            succeededAt = before;
        }

        // Calls end in another order than they begin: an older one tells nothing new of the last error.
        return known is null || call.At >= known.LastCallAt
            ? new OpenApiUse(call.Account, call.Activity, succeededAt, call.At, call.Error)
            : known with { LastSuccessAt = succeededAt };
    }

    private static DateTimeOffset CutToMinute(DateTimeOffset instant) => new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
}
