namespace LicenseAuthority.Client;

/// <summary>
/// What <see cref="LicenseVerifier"/> found out about a license code. A closed list: exactly one outcome per check, and only
/// <see cref="Valid"/> means that the software may be used. The numbers are part of the contract and never change their meaning;
/// a later version may add members, so treat an outcome that you do not know as a refusal.
/// </summary>
public enum LicenseOutcome
{
    /// <summary>The text is not a well-formed license code, or there is no text. The user acts: paste the whole code again. Also what <c>default</c> means.</summary>
    Malformed = 0,

    /// <summary>Genuine, for this product and device, and usable now. Nobody has to act.</summary>
    Valid = 1,

    /// <summary>Genuine, but the term has not begun (claim <c>nbf</c>). The user waits, or sets a slow clock right.</summary>
    NotYetValid = 2,

    /// <summary>
    /// The term is over (claim <c>exp</c>) and the grace period is not (claim <c>grace</c>): not usable, still renewable. The customer renews and
    /// enters the new code. Or a device's lease is over (claim <c>lease</c>) and the license is not: the software fetches the next code from the network.
    /// </summary>
    Frozen = 3,

    /// <summary>The term and the grace period are over. The customer buys again.</summary>
    Expired = 4,

    /// <summary>
    /// Suspended, as the status list says: not to be used until a newer list says otherwise. Who bought the license, or the vendor, brings it back; then
    /// the software gets a newer list.
    /// </summary>
    Suspended = 5,

    /// <summary>
    /// No longer good, as the status list says, and for good: a newer code has taken its place, or the license is over. The user enters the newest code,
    /// or asks where the license was bought.
    /// </summary>
    Revoked = 6,

    /// <summary>Genuine, but for another product (claim <c>aud</c>). The user enters the code of this product.</summary>
    WrongProduct = 7,

    /// <summary>
    /// Bound to devices (claim <c>dev</c>), and too few of the given fingerprints belong to them, or none was given. The user activates this device
    /// or uses the bound one.
    /// </summary>
    WrongDevice = 8,

    /// <summary>A test license (claim <c>test</c>), and the software does not accept those. The user enters the code of a real purchase.</summary>
    TestLicense = 9,

    /// <summary>The clock shows a time more than 24 hours before the code was made (claim <c>iat</c>). The user sets the clock right.</summary>
    ClockRolledBack = 10,

    /// <summary>
    /// Nothing else against the code, but the host demands to know its status (<see cref="LicenseVerifierOptions.RequireStatus"/>), and no status list that
    /// counts is fresh enough. The software fetches a newer one: the user connects to the network.
    /// </summary>
    StatusListTooOld = 11,

    /// <summary>
    /// The key that claims to have signed is not vouched for by an embedded root key, is revoked, or was not allowed to sign this. The vendor acts:
    /// with a new code, or a newer version of the software.
    /// </summary>
    UntrustedKey = 12,

    /// <summary>The key is trusted, but the signature does not fit: the code was changed after it was made. The user pastes the original code again.</summary>
    BadSignature = 13,

    /// <summary>
    /// The product demands activation (claim <c>act</c>), or the host does (<see cref="LicenseVerifierOptions.RequireDevice"/>), and this code is not bound to a
    /// device yet. The user activates, and uses the code that activation gives.
    /// </summary>
    NotActivated = 14,
}
