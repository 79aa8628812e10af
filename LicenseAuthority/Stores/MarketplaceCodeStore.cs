using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Marketplace codes in the database. Thread-safe.</summary>
internal sealed class MarketplaceCodeStore(IDatabase database) : IMarketplaceCodeStore
{
    /// <inheritdoc/>
    public ValueTask<string?> FindLicenseIdAsync(string account, MarketplaceCode code, CancellationToken cancellationToken) =>
        database.ReadAsync(session => HandleRows.FindLicenseIdAsync(session, account, code.Sha256), cancellationToken);

    /// <inheritdoc/>
    public Task<KeepOutcome> KeepAsync(
        string account, bool test, MarketplaceCode code, KeptCall call, AnsweredNonce? nonce, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (nonce is not null && !await NonceRows.IsFreeAsync(session, nonce.Nonce))
            {
                return await NonceRows.IsStoredAsync(session, nonce) ? KeepOutcome.Kept : KeepOutcome.NonceUsedUp;
            }

            session.Lock(HandleRows.Lock(account, code.Sha256));
            if (await HandleRows.FindLicenseIdAsync(session, account, code.Sha256) is not null)
            {
                return KeepOutcome.HasLicense;
            }

            var outcome = KeptCallRules.Judge(await KeptCallRows.ListAsync(session, account, test, code.Sha256), call, test);
            if (outcome == KeepOutcome.Kept)
            {
                await KeptCallRows.AddAsync(session, account, test, code.Sha256, call);
                if (nonce is not null)
                {
                    NonceRows.Add(session, nonce);
                }
            }

            return outcome;
        },
        WritePriority.Normal,
        cancellationToken);
}
