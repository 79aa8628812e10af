namespace LicenseAuthority.Marketplaces;

/// <summary>How an account calls the marketplace's open API.</summary>
internal sealed class OpenApiOptions
{
    /// <summary>Where it is reached, the first one first: https, or http to a loopback address. Default: none, which leaves it to the door.</summary>
    public List<string> Hosts { get; set; } = [];

    /// <summary>The access key id (AK); with it the secret is required. Default: none, and the account does not call.</summary>
    public string? AccessKeyId { get; set; }

    /// <summary>The secret access key (SK).</summary>
    public string? SecretAccessKey { get; set; }

    /// <summary>Shows the hosts only.</summary>
    public override string ToString() => string.Join(", ", Hosts);
}
