namespace LicenseAuthority.Storage;

/// <summary>
/// The command <c>storage restored</c>: says that the database which the next start finds is meant, though it is not the one that the mark beside the keys
/// speaks of: a beginning from nothing, or from the backup of another authority. Touches no database.
/// </summary>
internal static class StorageRestored
{
    /// <summary>Runs it.</summary>
    /// <exception cref="StorageException">There is no mark, or it cannot be written.</exception>
    public static async Task RunAsync(AuthorityMark mark, TimeProvider time, TextWriter output)
    {
        var before = mark.Restore(time.GetUtcNow());
        await output.WriteLineAsync($"Recorded in {mark.FullPath}: the next start takes the database that it finds, or makes a new one, in place of that of the authority {before.Authority}.");
        await output.WriteLineAsync("Orders that are not in that database are unknown to it: their renewals are refused, and an order that the marketplace repeats is served anew.");
    }
}
