using System.Collections.Concurrent;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.KooGallery.OpenApi;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>
/// Activates codes of 授权码 2.0 at the marketplace (protocol sections 4c and 4d) and issues their licenses. The activation there cannot be undone, so before it is
/// asked for it is written down that it was begun: whatever breaks afterwards, the next try finds out what became of it and goes on. Thread-safe.
/// </summary>
internal sealed partial class CodeActivator(
    SellerAccounts accounts,
    IMarketplaceCodeStore store,
    LicenseService licenses,
    RecordedOpenApi openApi,
    UnservedOrders unserved,
    IOptions<MarketplaceOptions> options,
    TimeProvider time,
    ILogger<CodeActivator> logger) : IMarketplaceCodes
{
    /// <summary>How long one call to the marketplace may take.</summary>
    public static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(3);

    /// <summary>How long the question may take who has bought.</summary>
    public static readonly TimeSpan LongestOrderQuery = TimeSpan.FromSeconds(1.5);

    /// <summary>So many activations go out in a second.</summary>
    public const int MostASecond = 5;

    /// <summary>So long one waits for its turn.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    // Longer than all calls for an account together take: a process that was killed is waited for so long.
    private static readonly TimeSpan Claim = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RetryAfterSilence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RetryAfterAnother = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryAfterPace = TimeSpan.FromSeconds(2);

    private readonly OutgoingPace _pace = new(MostASecond, time);
    private readonly RememberedCodes _remembered = new(time);
    private readonly RecentlyTold<string> _told = new(time);
    private readonly ConcurrentDictionary<(string Code, string Product), Lazy<Task<CodeActivation>>> _underWay = new();

    /// <inheritdoc/>
    public ValueTask<CodeHere> FindAsync(MarketplaceCode code, CancellationToken cancellationToken) => store.FindAsync(code, cancellationToken);

    /// <inheritdoc/>
    public async Task<CodeActivation> ActivateAsync(MarketplaceCode code, string product)
    {
        var key = (Convert.ToHexString(code.Sha256), product);
        var mine = new Lazy<Task<CodeActivation>>(() => ActivateOnceAsync(code, product));
        var first = _underWay.GetOrAdd(key, mine);
        try
        {
            return await first.Value;
        }
        finally
        {
            if (first == mine)
            {
                _underWay.TryRemove(KeyValuePair.Create(key, mine));
            }
        }
    }

    private async Task<CodeActivation> ActivateOnceAsync(MarketplaceCode code, string product)
    {
        // Somebody was done with it just now.
        if (await store.FindAsync(code, CancellationToken.None) is { LicenseId: { } licenseId })
        {
            return new CodeActivation.Licensed(licenseId);
        }

        // Where it was begun it may be done, and there it goes on.
        var begun = await store.ListBegunAsync(code, CancellationToken.None);
        var asked = accounts.All
            .Where(account => account.OpenApi.IsConfigured && (account.Products.Find(product) is not null || begun.Contains(account.Name)))
            .OrderBy(account => !begun.Contains(account.Name))
            .ToList();
        if (asked.Count == 0)
        {
            return new CodeActivation.NotAsked();
        }

        var hasTurn = false;
        CodeActivation? inTheWay = null;
        foreach (var account in asked)
        {
            if (_remembered.Find(account.Name, code) is { } known && !begun.Contains(account.Name))
            {
                if (known.IsUnknown)
                {
                    continue;
                }

                return new CodeActivation.NotReceived(known.Left);
            }

            if (!hasTurn && !await _pace.TryEnterAsync(LongestWait, CancellationToken.None))
            {
                return new CodeActivation.TooBusy(RetryAfterPace);
            }

            hasTurn = true;
            switch (await ActivateAsync(account, code, product))
            {
                case CodeActivation.Unknown:
                    break;
                case CodeActivation.Unavailable { IsForbidden: true } unavailable:
                    // Another account may have it, and be able to say so.
                    inTheWay ??= unavailable;
                    break;
                case var done:
                    return done;
            }
        }

        return inTheWay ?? new CodeActivation.Unknown(IsRemembered: !hasTurn);
    }

    private async Task<CodeActivation> ActivateAsync(SellerAccount account, MarketplaceCode code, string product)
    {
        var now = Now();
        if (await store.ClaimAsync(account.Name, code, now, now + Claim, CancellationToken.None) is not { } claimed)
        {
            return new CodeActivation.Unavailable(RetryAfterAnother);
        }

        if (claimed.Bought is { } bought)
        {
            return await IssueAsync(account, code, await WithCustomerAsync(account, bought), remark: null);
        }

        // Another node may have been done with it between the look and the claim.
        if (claimed.IsNew && await store.FindAsync(code, CancellationToken.None) is { LicenseId: { } licenseId })
        {
            await store.ForgetAsync(account.Name, code, CancellationToken.None);
            return new CodeActivation.Licensed(licenseId);
        }

        // Begun before, and nobody knows how that ended.
        CodeAnswer? known = null;
        if (!claimed.IsNew)
        {
            known = await openApi.QueryCodeAsync(account, code, licenseId: null, LongestTry, CancellationToken.None);
            if (!IsActivated(known) && known.Standing is not (CodeStanding.Alive or CodeStanding.Refused))
            {
                return await EndAsync(account, code, known, mayBeDone: true);
            }
        }

        var answer = await openApi.ActivateCodeAsync(account, code, LongestTry, CancellationToken.None);
        if (answer.Standing == CodeStanding.Refused)
        {
            // Perhaps because it was activated before, which the answer does not say in words that are published.
            known ??= await openApi.QueryCodeAsync(account, code, licenseId: null, LongestTry, CancellationToken.None);
        }

        return answer.Standing switch
        {
            CodeStanding.Alive => await ServeAsync(account, code, answer, known, product),

            // Whatever it says of a second activation, and no page says what: the code is activated.
            CodeStanding.Refused or CodeStanding.Unknown or CodeStanding.NotReceived when known is not null && IsActivated(known) =>
                await ServeAsync(account, code, known, known, product),
            CodeStanding.Refused when known is { Standing: not (CodeStanding.Alive or CodeStanding.Refused) } => await EndAsync(account, code, known, mayBeDone: true),
            _ => await EndAsync(account, code, answer, mayBeDone: !claimed.IsNew),
        };
    }

    private static bool IsActivated(CodeAnswer answer) => answer is { Standing: CodeStanding.Alive, ActivateTime: not null };

    // There is no license. What the marketplace has certainly not done leaves nothing behind.
    private async Task<CodeActivation> EndAsync(SellerAccount account, MarketplaceCode code, CodeAnswer answer, bool mayBeDone)
    {
        switch (answer.Standing)
        {
            case CodeStanding.Unknown or CodeStanding.NotReceived:
                await store.ForgetAsync(account.Name, code, CancellationToken.None);
                var isUnknown = answer.Standing == CodeStanding.Unknown;
                _remembered.Add(account.Name, code, isUnknown);
                return isUnknown ? new CodeActivation.Unknown(IsRemembered: false) : new CodeActivation.NotReceived(RememberedCodes.NotReceivedFor);
            case CodeStanding.Expired or CodeStanding.Released:
                await store.ForgetAsync(account.Name, code, CancellationToken.None);
                return new CodeActivation.Over();
            case CodeStanding.Forbidden or CodeStanding.NoAnswer when !mayBeDone && (answer.Answer.IsForbidden || answer.Answer.IsOutOfReach):
                // The gateway refuses before anybody looks at the code, or nobody was reached.
                await store.ForgetAsync(account.Name, code, CancellationToken.None);
                break;
            default:
                await store.LeaveAsync(account.Name, code, bought: null, CancellationToken.None);
                break;
        }

        if (_told.IsNews($"{account.Name} {answer.Standing}"))
        {
            LogUnavailable(account.Name, code, answer.Answer.Summary);
        }

        return new CodeActivation.Unavailable(RetryAfterSilence) { IsForbidden = answer.Standing == CodeStanding.Forbidden };
    }

    // It is activated there; what was bought stands in one of the two answers, or nowhere.
    private async Task<CodeActivation> ServeAsync(SellerAccount account, MarketplaceCode code, CodeAnswer answer, CodeAnswer? known, string product)
    {
        var remarks = new List<string>();
        var (expireTime, endKnownBy) = known?.ExpireTime is { } asked ? (asked, EndKnownBy.Query) : (answer.ExpireTime, EndKnownBy.Activation);
        DateTimeOffset? expiresAt = null;
        if (expireTime is not null)
        {
            if (ExpireTime.TryParse(expireTime, options.Value.ExpireTimeOffset, out var instant))
            {
                expiresAt = instant;
            }
            else
            {
                remarks.Add("the code's expire_time cannot be read, the product's own period is served");
            }
        }

        if ((answer.ProductId ?? known?.ProductId) is not { } productId || (answer.OrderId ?? known?.OrderId) is not { } orderId)
        {
            return await ServeGuessedAsync(account, code, answer, known, expiresAt, endKnownBy, product);
        }

        var quantity = (answer.Amount is null && known is not null ? known : answer).Quantity;
        if (quantity is null)
        {
            remarks.Add("the code's amount cannot be read, 1 is served");
        }

        var bought = new BoughtWithCode(
            ParameterReader.Cut(orderId, ParameterReader.LongestId), ParameterReader.Cut(productId, ParameterReader.LongestId), quantity ?? 1, expiresAt, endKnownBy,
            MarketplaceCustomerId: null, CustomerName: null);

        // Before anything else is asked: the marketplace may never say it again, and a process can be killed while it waits.
        await TryKeepAsync(account.Name, code, bought);
        return await IssueAsync(account, code, await WithCustomerAsync(account, bought), remarks.Count == 0 ? null : string.Join("; ", remarks));
    }

    // The first answer was lost, and the marketplace does not give it again. The buyer has paid, so the license is issued for what can be said.
    private async Task<CodeActivation> ServeGuessedAsync(
        SellerAccount account, MarketplaceCode code, CodeAnswer answer, CodeAnswer? known, DateTimeOffset? expiresAt, EndKnownBy endKnownBy, string product)
    {
        if (known is null || !IsActivated(known))
        {
            // It was activated just now, and the answer lacks what it must have: the next try asks.
            return await EndAsync(account, code, answer with
            {
                Standing = CodeStanding.NoAnswer,
                Answer = answer.Answer with { Error = "the answer does not say what was bought" },
            }, mayBeDone: true);
        }

        var sold = account.Products.MarketplaceProducts
            .Where(pair => pair.Product.Id == product)
            .Select(static pair => pair.MarketplaceProductId)
            .Order(StringComparer.Ordinal)
            .FirstOrDefault();
        if (sold is null)
        {
            // The account has the code, and does not sell what the software is: another try, with its product, can be served.
            await store.LeaveAsync(account.Name, code, bought: null, CancellationToken.None);
            return new CodeActivation.NotSold();
        }

        var bought = new BoughtWithCode(code.Alias, sold, 1, expiresAt, endKnownBy, code.Alias, CustomerName: null);
        const string Remark = "what was bought with the code could not be found out, as the answer to its activation was lost: 1 of the product that was asked for is served";
        var result = await IssueAsync(account, code, bought, Remark, isGuessed: true);
        if (result is CodeActivation.Licensed licensed)
        {
            LogGuessed(account.Name, code, licensed.LicenseId, product);
        }

        return result;
    }

    private async Task<BoughtWithCode> WithCustomerAsync(SellerAccount account, BoughtWithCode bought)
    {
        if (bought.MarketplaceCustomerId is not null)
        {
            return bought;
        }

        var found = await openApi.QueryOrderAsync(
            account, DebugOrders.IsOne(bought.OrderId), bought.OrderId, orderLineId: null, instanceId: null, LongestOrderQuery, CancellationToken.None);
        return bought with
        {
            MarketplaceCustomerId =
                found.Order?.CustomerId is { } customer ? ParameterReader.Cut(customer, ParameterReader.LongestCustomerId) : "order:" + bought.OrderId,
            CustomerName = found.Order?.CustomerName is { } name ? ParameterReader.Cut(name, ParameterReader.LongestName) : null,
        };
    }

    private async Task<CodeActivation> IssueAsync(SellerAccount account, MarketplaceCode code, BoughtWithCode bought, string? remark, bool isGuessed = false)
    {
        var order = new OrderKey(account.Name, DebugOrders.IsOne(bought.OrderId), bought.OrderId, code.OrderLine, bought.MarketplaceProductId);
        var source = new CallSource(CallSource.Licensee, RecordedOpenApi.ActivateCode, bought.OrderId);
        var customerId = bought.MarketplaceCustomerId!;
        CommandResult result;
        try
        {
            result = await licenses.IssueAsync(
                new IssueLicense(order, customerId, bought.CustomerName, bought.Quantity, bought.ExpiresAt, source, MarketplacePolicy.Calls)
                {
                    MarketplaceCode = new CodeOfLicense(code, bought.EndKnownBy) { IsGuessed = isGuessed },
                    Remark = remark,
                },
                CancellationToken.None);
        }
        catch (Exception exception)
        {
            // The marketplace may never say it again.
            await TryLeaveAsync(account.Name, code, isGuessed ? null : bought);
            if (exception is not (StoreBusyException or SigningException))
            {
                LogNotIssued(account.Name, code, bought.OrderId, exception.GetType().Name);
            }

            throw;
        }

        if (result.Outcome == CommandOutcome.Applied)
        {
            return new CodeActivation.Licensed(result.Record!.License.Id);
        }

        await store.LeaveAsync(account.Name, code, bought, CancellationToken.None);
        var reason = $"the code …{code.LastCharacters} was activated, and its product {bought.MarketplaceProductId} is not sold here";
        await unserved.KeepAsync(
            new UnservedOrder(new OrderFacts(order, customerId, bought.CustomerName), bought.Quantity, bought.ExpiresAt, source, reason),
            storeIsBusy: false);
        if (_told.IsNews(code.OrderLine))
        {
            LogNotSold(account.Name, code, bought.OrderId, bought.MarketplaceProductId);
        }

        return new CodeActivation.NotSold();
    }

    private async Task TryKeepAsync(string account, MarketplaceCode code, BoughtWithCode bought)
    {
        try
        {
            await store.KeepBoughtAsync(account, code, bought, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IStoreFault)
        {
            // Storing the license is tried all the same, and that is told when it fails too.
        }
    }

    private async Task TryLeaveAsync(string account, MarketplaceCode code, BoughtWithCode? bought)
    {
        try
        {
            await store.LeaveAsync(account, code, bought, CancellationToken.None);
        }
        catch (Exception exception) when (exception is IStoreFault or ObjectDisposedException)
        {
            // What was begun is written down; the next try asks the marketplace.
        }
    }

    private DateTimeOffset Now() => LicenseTime.CutToMillisecond(time.GetUtcNow());

    [LoggerMessage(LogLevel.Warning, "Account {Account}: {Code} could not be activated at the marketplace: {Answer}. Who asks is told to come again; if it was activated there, the next try finds that out.")]
    private partial void LogUnavailable(string account, MarketplaceCode code, string answer);

    [LoggerMessage(LogLevel.Error, "ALARM: account {Account}: {Code} of order {OrderId} was activated at the marketplace, where that cannot be undone, and its product {MarketplaceProductId} is not sold here. Name it in MarketplaceProductIds of a product and start again: then the customer's next try is served.")]
    private partial void LogNotSold(string account, MarketplaceCode code, string orderId, string marketplaceProductId);

    [LoggerMessage(LogLevel.Warning, "Account {Account}: {Code} was activated, and the marketplace's answer was lost for good: license {LicenseId} was issued for 1 of {Product}, to a customer who is not known. Look the code up in the seller centre, whether more was bought; the license stands at /admin/v1/marketplace/drift.")]
    private partial void LogGuessed(string account, MarketplaceCode code, string licenseId, string product);

    [LoggerMessage(LogLevel.Error, "Account {Account}: {Code} of order {OrderId} was activated, and its license was not issued: {Fault}. The next try goes on from there.")]
    private partial void LogNotIssued(string account, MarketplaceCode code, string orderId, string fault);
}

/// <summary>The order ids of the marketplace's debugging page (protocol section 5i). What is bought with them is a test.</summary>
internal static class DebugOrders
{
    private const string Prefix = "MOCK";

    /// <summary>Whether an order is one of them.</summary>
    public static bool IsOne(string orderId) => orderId.StartsWith(Prefix, StringComparison.Ordinal);
}
