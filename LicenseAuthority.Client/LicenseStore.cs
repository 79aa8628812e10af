using LicenseAuthority.Client.Keeping;

namespace LicenseAuthority.Client;

/// <summary>
/// Where a <see cref="LicenseGuard"/> keeps what it has: one piece of bytes, replaced as a whole. For platforms without files of the usual kind a host writes its own.
/// All members may be called from any thread, one call at a time for each guard.
/// </summary>
/// <remarks>
/// An exception of an implementation counts as "could not read" or "could not write", and the guard goes on in memory. Nothing that is there and could not be read
/// may be given as null: it would be replaced, and what was in it lost. The bytes are a license file with marks behind
/// it: they hold license codes, which are credentials.
/// </remarks>
public abstract class LicenseStore
{
    /// <summary>Reads what is stored.</summary>
    /// <returns>The bytes; null: nothing is stored yet.</returns>
    /// <exception cref="Exception">Something is stored and cannot be read now: any exception says so.</exception>
    public abstract byte[]? Read();

    /// <summary>
    /// Reads, changes and replaces what is stored, so that no other process does the same meanwhile. Waits for that at most two seconds.
    /// </summary>
    /// <param name="update">Gets the bytes that are stored, or null; returns those to store, or null to leave it as it is. Called at most once.</param>
    /// <returns>True if it was done, also where there was nothing to change; false: it could not be read or written, and nothing was changed.</returns>
    public abstract bool TryUpdate(Func<byte[]?, byte[]?> update);

    /// <summary>A store in a file, <c>license.lic</c>, of a folder, which is made when something is stored. Several processes may have the same one.</summary>
    /// <param name="directory">The folder's path; must be somewhere that the user can write, and is best on the machine itself.</param>
    /// <returns>The store. Nothing is read or written yet.</returns>
    /// <exception cref="ArgumentException">The path is missing.</exception>
    public static LicenseStore InFolder(string directory) => string.IsNullOrWhiteSpace(directory)
        ? throw new ArgumentException("The directory is empty. Pass the path of a folder, or use LicenseStore.InMemory().", nameof(directory))
        : new FolderStore(directory);

    /// <summary>A store that is gone with the process; it may be handed to several guards, which then share it.</summary>
    /// <returns>A new, empty store.</returns>
    public static LicenseStore InMemory() => new MemoryStore();

    /// <summary>Something that is another one whenever what is stored may be; null: that is not known without reading it.</summary>
    internal virtual string? GetStamp() => null;

    /// <summary>What was stored before, for the case that what is stored now is torn; null: nothing.</summary>
    internal virtual byte[]? ReadLast() => null;

    /// <summary>Says that a guard uses it; null: nobody counts them.</summary>
    internal virtual IDisposable? Join() => null;

    /// <summary>Ends a use, and says whether it was the last one.</summary>
    internal virtual bool Leave(IDisposable joined)
    {
        joined.Dispose();
        return true;
    }

    /// <summary>Where it is, for the support report.</summary>
    internal virtual string Describe() => GetType().Name;
}
