namespace LicenseAuthority.Codes;

/// <summary>A block of entries that belongs to this process: drawn once, never given back (what is left at the end of the process is a gap).</summary>
/// <param name="List">Number of the status list, from 1.</param>
/// <param name="First">First position, before the permutation.</param>
/// <param name="Count">How many positions.</param>
/// <param name="PermutationKey">The list's secret 32 bytes, see <see cref="StatusIndexPermutation"/>.</param>
internal sealed record StatusBlock(long List, int First, int Count, byte[] PermutationKey);
