namespace LicenseAuthority.Licensing.Activations;

/// <summary>Something about a device that is an event of its license.</summary>
/// <param name="Source">Who asked.</param>
/// <param name="Type">What happened.</param>
/// <param name="ActivationId">The device's place; the event's remark begins with it.</param>
internal sealed record DeviceChange(CallSource Source, LicenseEventType Type, string ActivationId)
{
    /// <summary>The device gets a new code.</summary>
    public bool NewCode { get; init; }

    /// <summary>The <c>iat</c> of its last code; null = it had none.</summary>
    public DateTimeOffset? LastCodeAt { get; init; }

    /// <summary>The place of another device whose lease is over, and which this one takes; or null.</summary>
    public string? OverId { get; init; }

    /// <summary>Why, or null.</summary>
    public string? Reason { get; init; }
}
