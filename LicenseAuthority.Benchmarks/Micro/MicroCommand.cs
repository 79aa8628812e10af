namespace LicenseAuthority.Benchmarks.Micro;

internal static class MicroCommand
{
    public static int Run(string[] args) => args.Length;
}
