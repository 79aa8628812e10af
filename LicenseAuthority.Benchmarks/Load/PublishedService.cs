using System.Reflection.PortableExecutable;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Tells a published program, which was compiled before, from one that was only built.</summary>
internal static class PublishedService
{
    public static bool Is(string service)
    {
        using var file = File.OpenRead(service);
        using var assembly = new PEReader(file);
        return assembly.PEHeaders.CorHeader is { ManagedNativeHeaderDirectory.Size: > 0 };
    }
}
