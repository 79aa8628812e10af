namespace LicenseAuthority.Marketplaces.KooGallery.V1;

/// <summary>Serves one activity of V1: translates the call, has <c>Licensing</c> decide, translates the answer.</summary>
internal interface IV1Handler
{
    /// <summary>The value of the parameter <c>activity</c>.</summary>
    string Activity { get; }

    /// <summary>Answers an authenticated call without repeated parameters. Exceptions become 000005 in <see cref="MarketplaceApi"/>.</summary>
    Task<MarketplaceAnswer> HandleAsync(MarketplaceQuery query, AccessKey key, CancellationToken cancellationToken);

    /// <summary>Hears that such a call was not answered with success, for whatever reason, before the caller does.</summary>
    /// <param name="query">The call, possibly with repeated parameters.</param>
    /// <param name="key">Whose.</param>
    /// <param name="answer">What will be answered.</param>
    /// <param name="storeIsBusy">Because the store did not answer in time.</param>
    Task RefusedAsync(MarketplaceQuery query, AccessKey key, MarketplaceAnswer answer, bool storeIsBusy);
}
