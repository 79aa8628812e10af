using System.Runtime.InteropServices;
using System.Text.Json;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// What a call brought or was answered with, as it lay there when the call ended: nothing is copied and nothing written for it. It must not change
/// afterwards. What of it may be kept is decided by <see cref="CallRedaction"/>, and nowhere else.
/// </summary>
internal readonly struct CallContent
{
    private CallContent(IReadOnlyList<KeyValuePair<string, string>>? parameters, ReadOnlyMemory<byte>? json, JsonElement? element, int length)
    {
        Parameters = parameters;
        Json = json;
        Element = element;
        Length = length;
    }

    /// <summary>There was none.</summary>
    public static CallContent None => default;

    /// <summary>Decoded parameters, or null.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Parameters { get; }

    /// <summary>A body that should be JSON, or null. Whoever sent it may have sent anything.</summary>
    public ReadOnlyMemory<byte>? Json { get; }

    /// <summary>A body that was read as JSON already, or null.</summary>
    public JsonElement? Element { get; }

    /// <summary>How many bytes the body had; 0 of parameters.</summary>
    public int Length { get; }

    /// <summary>About how many bytes it keeps from being collected.</summary>
    public long Size
    {
        get
        {
            // A body may lie in a far larger buffer.
            long size = Json is { } json && MemoryMarshal.TryGetArray(json, out var buffer) ? buffer.Array!.Length : Length;
            for (var i = 0; i < Parameters?.Count; i++)
            {
                size += 2 * (Parameters[i].Key.Length + Parameters[i].Value.Length);
            }

            return size;
        }
    }

    public static CallContent FromParameters(IReadOnlyList<KeyValuePair<string, string>> parameters) => new(parameters, null, null, 0);

    public static CallContent FromJson(ReadOnlyMemory<byte> json) => new(null, json, null, json.Length);

    /// <summary>As <see cref="FromJson(ReadOnlyMemory{byte})"/>, of what was read already.</summary>
    /// <param name="element">It must not be disposed of: a clone.</param>
    /// <param name="length">How many bytes it was read from.</param>
    public static CallContent FromJson(JsonElement element, int length) => new(null, null, element, length);

    /// <summary>A body that is no JSON object and is kept by nobody.</summary>
    public static CallContent Unreadable(int length) => new(null, null, null, length);

    /// <summary>Shows nothing of it.</summary>
    public override string ToString() => $"content of about {Size} bytes";
}
