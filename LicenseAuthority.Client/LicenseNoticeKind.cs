namespace LicenseAuthority.Client;

/// <summary>What a <see cref="LicenseNotice"/> is about. Later versions may have more: treat one that you do not know as something to show.</summary>
public enum LicenseNoticeKind
{
    /// <summary>The license ends within <see cref="LicenseGuardOptions.WarnBefore"/>.</summary>
    ExpiresSoon = 1,

    /// <summary>The lease of this device is in its last quarter and was not prolonged.</summary>
    LeaseEndsSoon = 2,

    /// <summary>Whether the code was revoked or suspended is not known: there is no list, or it is too old.</summary>
    StatusUnknown = 3,

    /// <summary>The status list allows nothing any more soon, as none newer came.</summary>
    StatusListEndsSoon = 4,

    /// <summary>The clock shows less than what is known to have been; or far more than anything explains, where that ended a license.</summary>
    ClockSuspect = 5,

    /// <summary>What is kept is kept in memory only: the store cannot be written.</summary>
    StoreNotWritable = 6,

    /// <summary>The authority could not be reached, or did not answer as it should.</summary>
    RefreshFailing = 7,

    /// <summary>The place of this device was given to another, or taken away.</summary>
    DeviceFreed = 8,

    /// <summary>The authority uses keys or a format that this version of the software does not know.</summary>
    UpdateSoftware = 9,

    /// <summary>
    /// <see cref="LicenseGuardOptions.CodeText"/> or <see cref="LicenseGuardOptions.CodeFile"/> has something of no use here: it cannot be read, is no license code,
    /// or one of another product or device. A file that is not there yet is none.
    /// </summary>
    SourceNotUsable = 10,
}
