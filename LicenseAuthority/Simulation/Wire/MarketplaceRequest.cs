namespace LicenseAuthority.Simulation.Wire;

/// <summary>A signed call, ready to be sent: sent twice it is the same call, byte for byte.</summary>
/// <param name="Query">The query without its question mark, encoded.</param>
/// <param name="Body">What is posted; null = it is a GET.</param>
internal sealed record MarketplaceRequest(string Query, byte[]? Body)
{
    /// <summary>Says how, and shows no signature.</summary>
    public override string ToString() => Body is null ? "GET" : "POST";
}
