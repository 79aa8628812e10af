/// <summary>Keeps a license code in a file.</summary>
internal static class CodeFile
{
    /// <summary>
    /// Writes the code beside the file and then puts it in its place: whatever happens meanwhile, the file holds the old code or the new one, whole.
    /// Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>; then it holds the old one.
    /// </summary>
    public static void Replace(string path, string code)
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
                writer.Write(code);
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
}
