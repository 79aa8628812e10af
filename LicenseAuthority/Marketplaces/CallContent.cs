namespace LicenseAuthority.Marketplaces;

/// <summary>
/// What a call brought or was answered with, as it lay there when the call ended: nothing is copied and nothing written for it. It must not change
/// afterwards. What of it may be kept is decided by <see cref="CallRedaction"/>, and nowhere else.
/// </summary>
internal readonly struct CallContent
{
    private CallContent(IReadOnlyList<KeyValuePair<string, string>>? parameters, ReadOnlyMemory<byte>? json)
    {
        Parameters = parameters;
        Json = json;
    }

    /// <summary>There was none.</summary>
    public static CallContent None => default;

    /// <summary>Decoded parameters, or null.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Parameters { get; }

    /// <summary>A body that should be JSON, or null. Whoever sent it may have sent anything.</summary>
    public ReadOnlyMemory<byte>? Json { get; }

    /// <summary>About how many bytes it keeps from being collected.</summary>
    public long Size
    {
        get
        {
            long size = Json?.Length ?? 0;
            for (var i = 0; i < Parameters?.Count; i++)
            {
                size += 2 * (Parameters[i].Key.Length + Parameters[i].Value.Length);
            }

            return size;
        }
    }

    public static CallContent FromParameters(IReadOnlyList<KeyValuePair<string, string>> parameters) => new(parameters, null);

    public static CallContent FromJson(ReadOnlyMemory<byte> json) => new(null, json);

    /// <summary>Shows nothing of it.</summary>
    public override string ToString() => $"content of about {Size} bytes";
}
