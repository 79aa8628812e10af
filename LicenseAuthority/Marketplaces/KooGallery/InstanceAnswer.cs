using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>The answer to a call on an instance that exists: the one table from outcomes to result codes.</summary>
internal static class InstanceAnswer
{
    /// <summary>
    /// The license is over for good; the order is kept. The protocol has no code for it: like an instance that is gone, which is what it is for the marketplace.
    /// </summary>
    public static readonly MarketplaceAnswer Unserved = new(
        ResultCode.UnknownInstance, "the instance was released or revoked; the order is kept, and the seller has been alarmed");

    /// <summary>Translates what became of the call.</summary>
    public static MarketplaceAnswer From(CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.NotFound => new MarketplaceAnswer(ResultCode.UnknownInstance, "there is no instance with this instanceId"),
        CommandOutcome.Unserved => Unserved,
        CommandOutcome.Applied or CommandOutcome.Noted or CommandOutcome.Conflict => MarketplaceAnswer.Success,
        _ => throw new InvalidOperationException($"No marketplace call is {outcome}."),
    };

    /// <summary>Translates how it stands with an order that has no license; null = it has one.</summary>
    public static MarketplaceAnswer? Without(PendingOrderEnd? end) => end switch
    {
        null => new MarketplaceAnswer(ResultCode.InProgress, "what was bought is not known yet; repeat the call"),
        PendingOrderEnd.Served => null,
        _ => new MarketplaceAnswer(ResultCode.UnknownInstance, "the instance was released before it had a license"),
    };
}
