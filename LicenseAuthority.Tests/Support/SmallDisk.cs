using System.Diagnostics;

namespace LicenseAuthority.Tests.Support;

/// <summary>A small file system in memory, mounted on a folder until disposal. Only root on Linux may mount; elsewhere the test is ignored, and says so.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Filler => Path.Combine(Folder, "filler");

    /// <summary>Makes the folder and mounts; ignores the test where that is not allowed.</summary>
    public static SmallDisk TryMount(string folder, string size)
    {
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder) != 0)
        {
            Assert.Ignore("A small disk cannot be mounted here (not root on Linux, or a container without the right to mount): what happens on a real full disk is not seen in this run.");
        }

        return new SmallDisk(folder);
    }

    /// <summary>Takes all the space that is left.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            var block = new byte[4_096];
            while (true)
            {
                filler.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives it back.</summary>
    public void MakeRoom() => File.Delete(Filler);

    public void Dispose() => Assert.That(Run("umount", "-l", Folder), Is.Zero);

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
