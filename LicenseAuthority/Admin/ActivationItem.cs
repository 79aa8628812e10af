using LicenseAuthority.Licensing.Activations;

namespace LicenseAuthority.Admin;

/// <summary>A device's place as the admin door shows it. Absent facts are null.</summary>
internal sealed record ActivationItem(
    string Id,
    string? Name,
    DateTimeOffset ActivatedAt,
    DateTimeOffset LastSeenAt,
    DateTimeOffset? LeaseUntil,
    bool Offline,
    DateTimeOffset? FreedAt,
    string? FreedBy)
{
    /// <summary>Shows a lease that is over as given up at its end, recorded or not.</summary>
    public static ActivationItem From(Activation activation, DateTimeOffset now)
    {
        var shown = activation is { FreedAt: null, LeaseUntil: { } ended } && !activation.HasPlaceAt(now)
            ? activation.Free(ended, Licensing.Activations.FreedBy.Lease)
            : activation;
        return new ActivationItem(
            shown.Id, shown.Name, shown.ActivatedAt, shown.LastSeenAt, shown.LeaseUntil, shown.Offline, shown.FreedAt, shown.FreedByWhom);
    }
}
