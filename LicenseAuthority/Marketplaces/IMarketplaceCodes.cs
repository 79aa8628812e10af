using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Marketplaces;

/// <summary>
/// Gets the license for a code that a marketplace has handed out: its adapter implements it, and asks the marketplace. Thread-safe.
/// </summary>
internal interface IMarketplaceCodes
{
    /// <summary>How it stands with a code here; nobody is asked.</summary>
    /// <exception cref="StoreBusyException">The store could not answer in time.</exception>
    ValueTask<CodeHere> FindAsync(MarketplaceCode code, CancellationToken cancellationToken);

    /// <summary>
    /// Activates a code that has no license here, at the marketplace, and issues its license. Who asks for the same at the same time gets the same license. What was
    /// begun goes on when the caller has gone.
    /// </summary>
    /// <param name="code">The code.</param>
    /// <param name="product">Our id of the product that the software is.</param>
    /// <exception cref="StoreBusyException">There is no license yet; asked again, it goes on from there.</exception>
    /// <exception cref="SigningException">As above.</exception>
    Task<CodeActivation> ActivateAsync(MarketplaceCode code, string product);
}

/// <summary>What became of the activation of a code. A closed list.</summary>
internal abstract record CodeActivation
{
    private CodeActivation()
    {
    }

    /// <summary>The code has its license, perhaps of another product than the one that was asked for, and perhaps over already.</summary>
    internal sealed record Licensed(string LicenseId) : CodeActivation;

    /// <summary>No account sells the product and can ask the marketplace: nobody was asked.</summary>
    internal sealed record NotAsked : CodeActivation;

    /// <summary>The marketplace has no such code.</summary>
    /// <param name="IsRemembered">It said so before, and was not asked again.</param>
    internal sealed record Unknown(bool IsRemembered) : CodeActivation;

    /// <summary>The buyer has not received the code yet.</summary>
    /// <param name="RetryAfter">From then on the marketplace is asked again.</param>
    internal sealed record NotReceived(TimeSpan RetryAfter) : CodeActivation;

    /// <summary>It is over, at the marketplace or here.</summary>
    internal sealed record Over : CodeActivation;

    /// <summary>It was activated, and is for a product that is not sold here: nobody else can use it, and the operator was told.</summary>
    internal sealed record NotSold : CodeActivation;

    /// <summary>Too many others want to activate codes.</summary>
    internal sealed record TooBusy(TimeSpan RetryAfter) : CodeActivation;

    /// <summary>The marketplace did not answer, or its answer is not to be understood. Whether it was activated is not known.</summary>
    internal sealed record Unavailable(TimeSpan RetryAfter) : CodeActivation
    {
        /// <summary>Since it refuses our credentials: nothing was done with the code.</summary>
        public bool IsForbidden { get; init; }
    }
}
