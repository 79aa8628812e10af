using System.Text;

/// <summary>Keeps a license code in a file, by itself or as a license file (.lic) with a status list.</summary>
internal static class CodeFile
{
    /// <summary>The text of a license file; its format stands in docs/license-code-format.md.</summary>
    public static string ToLicenseFile(string code, string? statusList) =>
        Block("LICENSE CODE", code) + (statusList is null ? "" : Block("STATUS LIST", statusList));

    /// <summary>
    /// Writes the text beside the file and then puts it in its place: whatever happens meanwhile, the file holds the old text or the new one, whole.
    /// Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>; then it holds the old one.
    /// </summary>
    public static void Replace(string path, string text)
    {
        // The file itself: putting one in the place of a link would part the two.
        path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        var beside = Path.Combine(Path.GetDirectoryName(path)!, $".license-{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(beside, FileMode.CreateNew, FileAccess.Write))
            {
                if (!OperatingSystem.IsWindows())
                {
                    // Who may read the old one may read the new one, and nobody else.
                    File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(path));
                }

                using var writer = new StreamWriter(stream, leaveOpen: true);
                writer.Write(text);
                writer.Flush();
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        catch
        {
            File.Delete(beside);
            throw;
        }
    }

    private static string Block(string name, string text)
    {
        var block = new StringBuilder($"-----BEGIN {name}-----\n");
        foreach (var line in text.Chunk(64))
        {
            block.Append(line).Append('\n');
        }

        return block.Append($"-----END {name}-----\n").ToString();
    }
}
