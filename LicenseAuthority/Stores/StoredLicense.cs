using System.Data.Common;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Reads a license from its row, where the row may be damaged.</summary>
internal static class StoredLicense
{
    /// <summary>Reads the license whose columns begin at <paramref name="first"/>.</summary>
    /// <exception cref="UnreadableLicenseException">It cannot be read.</exception>
    public static License Read(Row row, int first = 0)
    {
        try
        {
            return LicenseRow.Read(row, first);
        }
        catch (Exception exception) when (exception is not (DbException or OperationCanceledException or StoreBusyException or OutOfMemoryException))
        {
            throw new UnreadableLicenseException(
                row.GetString(first), exception is StorageException known ? known.Message.TrimEnd('.') : "its row is damaged, or was changed by hand", exception);
        }
    }

    /// <summary>As <see cref="Read"/>, where many are read: null for one that cannot be, which <paramref name="unreadable"/> then tells.</summary>
    public static License? TryRead(Row row, UnreadableLicenses unreadable, int first = 0)
    {
        try
        {
            var license = Read(row, first);
            unreadable.Read(license.Id);
            return license;
        }
        catch (UnreadableLicenseException exception)
        {
            unreadable.Found(exception);
            return null;
        }
    }
}
