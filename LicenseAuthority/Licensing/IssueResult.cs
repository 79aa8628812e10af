namespace LicenseAuthority.Licensing;

/// <summary>The answer to <see cref="IssueLicense"/>: a license with its newest code, or the reason why there is none.</summary>
internal abstract record IssueResult
{
    private IssueResult()
    {
    }

    /// <summary>Served, now or before.</summary>
    /// <param name="LicenseId">The license.</param>
    /// <param name="CodeText">Its newest code.</param>
    internal sealed record Served(string LicenseId, string CodeText) : IssueResult
    {
        /// <summary>Shows the license, not the code.</summary>
        public override string ToString() => $"served as {LicenseId}";
    }

    /// <summary>No product is sold under the order's marketplace product id.</summary>
    internal sealed record UnknownProduct(string MarketplaceProductId) : IssueResult;
}
