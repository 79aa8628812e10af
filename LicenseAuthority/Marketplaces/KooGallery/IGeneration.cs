namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>One generation of the marketplace's calls: how a request is read, and who sent it. Everything else is the same for all (<see cref="MarketplaceApi"/>).</summary>
internal interface IGeneration
{
    /// <summary>The HTTP method of its calls, which tells it from the others.</summary>
    string Method { get; }

    /// <summary>What the marketplace calls it, for people.</summary>
    string Name { get; }

    /// <summary>Reads a request and finds out who calls: with one of the account's keys, or with none.</summary>
    ValueTask<ReadCall> ReadAsync(HttpRequest request, SellerAccount account, CancellationToken cancellationToken);

    /// <summary>Has a call served, unless the very same one was answered before: then that is the answer.</summary>
    /// <param name="call">The call.</param>
    /// <param name="serve">Serves it, or says why it cannot be; throws where the answer will be that it is our fault.</param>
    /// <param name="cancellationToken">Withdraws the look for the earlier answer.</param>
    Task<MarketplaceAnswer> AnswerOnceAsync(MarketplaceCall call, Func<Task<MarketplaceAnswer>> serve, CancellationToken cancellationToken);
}
