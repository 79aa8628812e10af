using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// A file with a code that somebody else writes. Looked at by its content: a link that is swapped, as in Kubernetes, changes nothing else. One caller at a time.
/// </summary>
internal sealed class WatchedFile(string path)
{
    private byte[]? _last;

    /// <summary>
    /// The text, if it is another one than at the last look; null: it is not, or there is none at present. <paramref name="trouble"/> says why there is none: null, as
    /// there is one.
    /// </summary>
    public string? ReadIfChanged(out SourceState? trouble)
    {
        trouble = null;
        try
        {
            if (FolderStore.ReadFile(path) is not { } bytes)
            {
                trouble = SourceState.Missing;
                return null;
            }

            if (_last is not null && bytes.SequenceEqual(_last))
            {
                return null;
            }

            _last = bytes;
            return Utf8Text.Decode(bytes);
        }
        catch (Exception exception) when (FolderStore.IsTrouble(exception))
        {
            trouble = SourceState.Unreadable;
            return null;
        }
    }
}
