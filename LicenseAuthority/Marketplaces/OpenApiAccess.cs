namespace LicenseAuthority.Marketplaces;

/// <summary>How an account reaches the marketplace's open API. Immutable.</summary>
/// <param name="Hosts">Scheme, host and port, without a path; at least one, to be tried in this order.</param>
/// <param name="Credentials">What calls are signed with; null = the account cannot call.</param>
internal sealed record OpenApiAccess(IReadOnlyList<Uri> Hosts, OpenApiCredentials? Credentials)
{
    /// <summary>Whether the account can call.</summary>
    public bool IsConfigured => Credentials is not null;
}

/// <summary>What calls of the open API are signed with. The secret is never shown.</summary>
internal sealed class OpenApiCredentials(string accessKeyId, string secretAccessKey)
{
    /// <summary>Says who calls (AK).</summary>
    public string AccessKeyId { get; } = accessKeyId;

    /// <summary>Signs (SK).</summary>
    public string SecretAccessKey { get; } = secretAccessKey;

    /// <summary>Shows that there are some.</summary>
    public override string ToString() => "open API credentials";
}
