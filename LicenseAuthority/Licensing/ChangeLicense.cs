namespace LicenseAuthority.Licensing;

/// <summary>A call on a license that exists, with all that tells it from others.</summary>
internal sealed record ChangeLicense
{
    /// <summary>The account that calls; a license of another one does not exist for it. Null = an operator, who sees all.</summary>
    public required string? Account { get; init; }

    /// <summary>The license.</summary>
    public required string LicenseId { get; init; }

    /// <summary>The call says that it is a debug case. Whether the license is a test is decided by the license found.</summary>
    public bool SaysTest { get; init; }

    /// <summary>What is asked.</summary>
    public required LicenseCall Call { get; init; }

    /// <summary>What makes it the same call again.</summary>
    public IReadOnlyList<CallKey> Keys { get; init; } = [];

    /// <summary>The marketplace product id in the call, or null. A renewal never changes the product.</summary>
    public string? MarketplaceProductId { get; init; }
}
