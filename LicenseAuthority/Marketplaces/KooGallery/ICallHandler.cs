namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>
/// Serves one activity: translates the call, has <c>Licensing</c> decide, translates the answer. A new one is a class and a line in
/// <see cref="KooGalleryServices"/>.
/// </summary>
internal interface ICallHandler
{
    /// <summary>The value of the parameter <c>activity</c>.</summary>
    string Activity { get; }

    /// <summary>The HTTP method by which its generation calls; by another one the activity is unknown.</summary>
    string Method { get; }

    /// <summary>Answers an authenticated call without a <see cref="MarketplaceCall.Problem"/>. Exceptions become 000005 in <see cref="MarketplaceApi"/>.</summary>
    Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken);

    /// <summary>Hears that such a call was not answered with success, for whatever reason, before the caller does.</summary>
    /// <param name="call">The call, possibly with a <see cref="MarketplaceCall.Problem"/>.</param>
    /// <param name="answer">What will be answered.</param>
    /// <param name="storeIsBusy">Because the store did not answer in time.</param>
    Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy);
}
