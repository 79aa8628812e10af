using System.Runtime.InteropServices;

namespace LicenseAuthority.Client.Fingerprints;

/// <summary>The system that this process runs on. Thread-safe.</summary>
internal sealed class HostSystem : IHostSystem
{
    // Longer than anything that is looked for; some of what lies in /proc has no end.
    private const int LongestText = 1024 * 1024;

    private HostSystem() => Kind = Find();

    public static HostSystem Instance { get; } = new();

    public HostSystemKind Kind { get; }

    public string? GetVariable(string name) => Try(() => Environment.GetEnvironmentVariable(name));

    public string? ReadText(string path) => Try(() =>
    {
        using var reader = new StreamReader(path);
        var buffer = new char[4096];
        var text = new System.Text.StringBuilder();
        for (int read; text.Length < LongestText && (read = reader.Read(buffer, 0, buffer.Length)) > 0;)
        {
            text.Append(buffer, 0, read);
        }

        return text.ToString();
    });

    public IReadOnlyList<string> GetNames(string directory) => Try(() =>
    {
        var names = Array.ConvertAll(Directory.GetFileSystemEntries(directory), static path => Path.GetFileName(path));
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }) ?? [];

    public string? ReadRegistry(string key, string name) => Try(() => WindowsCalls.ReadRegistry(key, name));

    public byte[]? ReadFirmwareTable() => Try(WindowsCalls.ReadFirmwareTable);

    public byte[]? ReadSystemDiskDescriptor() => Try(() => WindowsCalls.ReadDiskDescriptor(Environment.SystemDirectory[0]));

    public string? ReadPlatformProperty(string name) => Try(() => MacCalls.ReadPlatformProperty(name));

    private static HostSystemKind Find()
    {
        // Android is a Linux too, and older runtimes call it nothing else.
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Create("ANDROID")) || Environment.GetEnvironmentVariable("ANDROID_ROOT") is not null)
        {
            return HostSystemKind.Other;
        }

        return RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? HostSystemKind.Windows
            : RuntimeInformation.IsOSPlatform(OSPlatform.Linux) ? HostSystemKind.Linux
            : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? HostSystemKind.MacOS
            : HostSystemKind.Other;
    }

    private static T? Try<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
#pragma warning disable CA1031 // A function that this system does not have, a file that nobody may read: whatever it is, the property is not there.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }
}
