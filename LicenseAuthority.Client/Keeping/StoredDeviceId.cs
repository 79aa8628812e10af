using System.Security.Cryptography;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// The id, made at random, of a device that has none of its own. It lies among the marks of the store, where the guard leaves it; all processes of a store have the same
/// one.
/// </summary>
internal static class StoredDeviceId
{
    private const int Size = 16;

    /// <summary>The id for as long as the process lives, where nothing can be stored.</summary>
    public static string OfTheProcess { get; } = Make();

    /// <summary>The id that is stored; else a new one, which is stored if it can be. Never throws.</summary>
    public static string Get(string productId, LicenseStore store)
    {
        string? id = null;
        var isStored = false;
        try
        {
            // Most times it is there, and costs no lock.
            if (Find(store.Read(), store, out _) is { } known && known.ProductId == productId && known.DeviceId is not null)
            {
                return known.DeviceId;
            }

            isStored = store.TryUpdate(stored =>
            {
                var document = Find(stored, store, out var foreign);
                if (document is not null && document.ProductId != productId)
                {
                    return null;
                }

                id = document?.DeviceId ?? OfTheProcess;
                return document?.DeviceId is not null ? null : (document ?? new StoreDocument()).WithDevice(productId, id, foreign).Write();
            });
        }
#pragma warning disable CA1031 // The host's code: nothing that it throws may end the host.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Nothing can be kept here.
        }

        return isStored && id is not null ? id : OfTheProcess;
    }

    // What is stored, else the last good one; and what of it somebody else has put there.
    private static StoreDocument? Find(byte[]? bytes, LicenseStore store, out LicenseFile? foreign) =>
        StoreDocument.Read(bytes, out foreign) ?? StoreDocument.Read(store.ReadLast(), out _);

    private static string Make()
    {
        var bytes = new byte[Size];
        using var random = RandomNumberGenerator.Create();
        random.GetBytes(bytes);
        return StrictBase64Url.Encode(bytes);
    }
}
