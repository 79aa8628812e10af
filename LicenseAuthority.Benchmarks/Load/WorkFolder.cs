namespace LicenseAuthority.Benchmarks.Load;

/// <summary>A folder for one run, deleted at its end.</summary>
internal sealed class WorkFolder : IDisposable
{
    /// <summary>Makes it inside <paramref name="parent"/>.</summary>
    public WorkFolder(string parent)
    {
        FullPath = Path.Combine(parent, $"license-authority-benchmark-{Guid.NewGuid():N}");
        Directory.CreateDirectory(FullPath);
        Interruption.Ends(this);
    }

    public string FullPath { get; }

    /// <summary>The kind of file system, such as ext4. Flushing costs nothing on tmpfs, so figures from there mean nothing.</summary>
    public string FileSystem => new DriveInfo(FullPath).DriveFormat;

    public string PathOf(string name) => Path.Combine(FullPath, name);

    /// <inheritdoc/>
    public void Dispose()
    {
        Interruption.Forget(this);
        Directory.Delete(FullPath, recursive: true);
    }
}
