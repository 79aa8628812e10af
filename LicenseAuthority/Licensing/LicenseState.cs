namespace LicenseAuthority.Licensing;

/// <summary>What a license is worth at an instant: a function of its stored facts and the clock, see <see cref="License.StateAt"/>.</summary>
internal enum LicenseState
{
    /// <summary>Usable from its start. The customer acts next: uses it, renews it, returns it.</summary>
    Active = 0,

    /// <summary>Not usable, renewable, data kept. The customer (renews) or an operator (lifts a hold) acts next, else the clock releases it.</summary>
    Frozen = 1,

    /// <summary>Over; data may be deleted. Released by the clock it can still be restored by a paid renewal, otherwise nothing brings it back.</summary>
    Released = 2,

    /// <summary>Withdrawn by an operator, for ever. Nobody acts next.</summary>
    Revoked = 3,
}
