namespace LicenseAuthority.Client.Keeping;

/// <summary>A genuine code for this product that a guard keeps, with what it is judged by. Immutable.</summary>
internal sealed class HeldCode
{
    public HeldCode(LicenseCode code, int deviceMatches, LicenseStatusList? list)
    {
        Code = code;
        DeviceMatches = deviceMatches;
        List = list;
        Name = StoreDocument.NameOf(code.GetText());
        Binding = StoreDocument.NameOf(code.LicenseId + " " + string.Join(" ", code.DeviceIds.OrderBy(static id => id, StringComparer.Ordinal)));
    }

    public LicenseCode Code { get; }

    /// <summary>How many of its device ids belong to this device.</summary>
    public int DeviceMatches { get; }

    /// <summary>The newest list of the URI that it names, or null.</summary>
    public LicenseStatusList? List { get; }

    /// <summary>See <see cref="StoreDocument.NameOf"/>.</summary>
    public string Name { get; }

    /// <summary>A short name for its license and the device ids that it is bound to: the same for all codes of them.</summary>
    public string Binding { get; }

    /// <summary>Bound to a device, and to this one.</summary>
    public bool IsOfThisDevice => Code.DeviceIds.Count > 0 && DeviceMatches >= Code.RequiredDeviceMatches;

    /// <summary>Bound to a device, and not to this one.</summary>
    public bool IsOfOtherDevice => Code.DeviceIds.Count > 0 && DeviceMatches < Code.RequiredDeviceMatches;
}
