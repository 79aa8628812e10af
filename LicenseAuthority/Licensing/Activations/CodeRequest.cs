namespace LicenseAuthority.Licensing.Activations;

/// <summary>
/// Which request a device's codes answer: a marketplace asks for a code in the name of a device, and asks again under the same id when it got none. The codes go
/// to the marketplace, not to whoever calls.
/// </summary>
/// <param name="Id">The marketplace's id of the request, 1 to 64 characters. The same device may have many.</param>
/// <param name="DeviceId">The device's id for this license, from its one fingerprint.</param>
internal sealed record CodeRequest(string Id, string DeviceId);

/// <summary>A marketplace asks for the code of a device and a term. A lease of the product does not apply to it.</summary>
/// <param name="Target">The license, and who may know it.</param>
/// <param name="RequestId">As <see cref="CodeRequest.Id"/>.</param>
/// <param name="DeviceId">The device's id for this license; null = no fingerprint was named.</param>
/// <param name="StartsAt">The start that is asked for.</param>
/// <param name="EndsAt">The end that is asked for; null = none.</param>
/// <param name="Source">Who asks, kept with the event.</param>
internal sealed record RequestCode(LicenseTarget Target, string RequestId, string? DeviceId, DateTimeOffset StartsAt, DateTimeOffset? EndsAt, CallSource Source)
{
    /// <summary>Stored with a new code: that it waits to be delivered is the answer to the call. Null = none.</summary>
    public AnsweredNonce? Nonce { get; init; }
}

/// <summary>A code that is to be given to the marketplace that asked for it. It names the code and does not hold it.</summary>
/// <param name="License">Its license.</param>
/// <param name="Generation">Its number.</param>
/// <param name="Request">What it answers.</param>
internal sealed record CodeToDeliver(License License, int Generation, CodeRequest Request);

/// <summary>The newest code that was made for a request, with the text.</summary>
/// <param name="LicenseId">Its license.</param>
/// <param name="Generation">Its number.</param>
/// <param name="Text">The code: a credential. Null = it goes to the marketplace with a later message.</param>
internal sealed record RequestedCode(string LicenseId, int Generation, string? Text)
{
    /// <summary>The order that the license was bought with; null = none is known.</summary>
    public string? OrderId { get; init; }

    /// <summary>Whether its license was released or revoked since, or the code lost its effect, as that of a device that was freed.</summary>
    public bool IsOver { get; init; }

    /// <summary>Says which, and does not hold the text.</summary>
    public override string ToString() => $"code {Generation} of license {LicenseId}";
}

/// <summary>Where the newest code of a request is on its way to the marketplace.</summary>
/// <param name="State">How far it is.</param>
/// <param name="MessageId">The message that it goes with; null = none was written.</param>
internal sealed record CodeDelivery(CodeDeliveryState State, string? MessageId);

/// <summary>How far a code is.</summary>
internal enum CodeDeliveryState
{
    /// <summary>It waits to be sent, or is being sent.</summary>
    Waiting,

    /// <summary>The marketplace has it.</summary>
    Delivered,

    /// <summary>It was refused, or could not be sent for long. The marketplace does not have it.</summary>
    GivenUp,
}
