using LicenseAuthority.Client.Fingerprints;
using LicenseAuthority.Client.Keeping;

namespace LicenseAuthority.Client;

/// <summary>
/// What tells this device from others, as <see cref="LicenseGuardOptions.DeviceFingerprints"/> and
/// <see cref="LicenseVerifier.Check(string?, IEnumerable{string}?)"/> take it: hashes of what the system says of itself. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Windows: the machine's GUID, the UUID of SMBIOS, the system disk. Linux: the machine id, the disk and the file system of the root, the first physical network card.
/// macOS: the platform's UUID and the serial number. No administrator rights are needed. What is blank, a maker's default or not a device's own is left out. In a
/// container, on a phone, in a browser, and where the system says nothing, there is an id that was made at random and lies in the store.
/// </remarks>
public sealed class DeviceFingerprint
{
    private DeviceFingerprint(IReadOnlyList<string> values, bool isStable)
    {
        Values = values;
        IsStable = isStable;
    }

    /// <summary>
    /// 1–8 different texts of 43 characters, in an order that does not change: base64url of SHA-256 over a label, the product, the kind and what the system says. Of two
    /// products no value is the same.
    /// </summary>
    public IReadOnlyList<string> Values { get; }

    /// <summary>
    /// How many of them must be found later, for <see cref="LicenseGuardOptions.DeviceMatch"/>: of three and more all but one, so that a part may be replaced; else all.
    /// </summary>
    public int Match => Values.Count >= 3 ? Values.Count - 1 : Values.Count;

    /// <summary>
    /// Whether it is the machine's own. False: it was made at random, and goes with the store; take a lease then, so that a place that is lost comes back by itself.
    /// </summary>
    public bool IsStable { get; }

    /// <summary>
    /// Asks the system, and takes an id at random from the folder where a <see cref="LicenseGuard"/> keeps things unless told otherwise, if it must. Reads files and
    /// calls the system: some milliseconds; call it once. Thread-safe.
    /// </summary>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>.</param>
    /// <returns>The fingerprint; never without a value.</returns>
    /// <exception cref="ArgumentException">The product id is missing. Nothing else throws.</exception>
    public static DeviceFingerprint Collect(string productId)
    {
        Refuse(productId);
        return Collect(productId, HostSystem.Instance, StorePlace.Default(productId));
    }

    /// <summary>The same for a guard with a store of its own: <see cref="LicenseGuardOptions.Store"/> or <see cref="LicenseGuardOptions.StoreDirectory"/>.</summary>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>.</param>
    /// <param name="store">Where an id is kept that was made at random. Not looked at where the machine has an identity of its own.</param>
    /// <returns>The fingerprint; never without a value.</returns>
    /// <exception cref="ArgumentNullException">The store is null.</exception>
    /// <exception cref="ArgumentException">The product id is missing. Nothing else throws.</exception>
    public static DeviceFingerprint Collect(string productId, LicenseStore store)
    {
        Refuse(productId);
        return Collect(productId, HostSystem.Instance, store ?? throw new ArgumentNullException(nameof(store)));
    }

    /// <summary>What to do where it is not stable.</summary>
    /// <param name="language">The language; an unknown one reads as English.</param>
    /// <returns>The text, for who ships or runs the software; empty if <see cref="IsStable"/>.</returns>
    public string GetAdvice(LicenseLanguage language) => IsStable ? "" : GuardTexts.UnstableFingerprint(language);

    /// <summary>How much is known; no value.</summary>
    /// <returns>A short text for logs.</returns>
    public override string ToString() => FormattableString.Invariant($"{Values.Count} values, {Match} to match, {(IsStable ? "stable" : "made at random")}");

    /// <summary>The same by what a system says.</summary>
    internal static DeviceFingerprint Collect(string productId, IHostSystem system, LicenseStore store)
    {
        var properties = DeviceProperties.Of(system);
        return properties.Count > 0
            ? new DeviceFingerprint([.. properties.Select(property => property.Hash(productId)).Distinct(StringComparer.Ordinal)], isStable: true)
            : new DeviceFingerprint([new DeviceProperty(DeviceProperty.Random, StoredDeviceId.Get(productId, store)).Hash(productId)], isStable: false);
    }

    private static void Refuse(string productId)
    {
        if (string.IsNullOrWhiteSpace(productId))
        {
            throw new ArgumentException("The product id is empty. Pass the one that your codes have in aud.", nameof(productId));
        }
    }
}
