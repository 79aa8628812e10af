using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// A file with a code that somebody else writes. Looked at by its content: a link that is swapped, as in Kubernetes, changes nothing else. One caller at a time.
/// </summary>
internal sealed class WatchedFile(string path)
{
    private byte[]? _last;

    /// <summary>The text, if it is another one than at the last look; null: it is not, or there is none at present.</summary>
    public string? ReadIfChanged()
    {
        try
        {
            if (FolderStore.ReadFile(path) is not { } bytes || (_last is not null && bytes.SequenceEqual(_last)))
            {
                return null;
            }

            _last = bytes;
            return Utf8Text.Decode(bytes);
        }
        catch (Exception exception) when (FolderStore.IsTrouble(exception))
        {
            return null;
        }
    }
}
