namespace LicenseAuthority.Marketplaces;

/// <summary>What an account calls its marketplace's open API with. Immutable; thread-safe.</summary>
/// <param name="AccessKeyId">The AK: names the caller, at most a few dozen characters of ASCII. Not empty.</param>
/// <param name="SecretAccessKey">The SK: signs. Not empty; stands in no log, exception or list.</param>
/// <param name="Hosts">Where the API is, in the order in which they are tried: scheme, host and perhaps a port, nothing else. Not empty.</param>
internal sealed record OpenApiCredentials(string AccessKeyId, string SecretAccessKey, IReadOnlyList<Uri> Hosts)
{
    /// <summary>Says where, and holds neither key.</summary>
    public override string ToString() => $"credentials of the open API at {string.Join(", ", Hosts.Select(host => host.Authority))}";
}
