using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Marketplaces.KooGallery.V2;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>Looks up in the open API what was bought with an order (protocol section 5i). Thread-safe.</summary>
internal sealed class OpenApiOrders(
    SellerAccounts accounts, RecordedOpenApi openApi, IOptions<MarketplaceOptions> options) : IOrderSource
{
    private const string TakenBack = "UNSUBSCRIBE";
    private const string TrialOrder = "TRIAL";

    /// <inheritdoc/>
    public CallPolicy Policy => MarketplacePolicy.Calls;

    /// <inheritdoc/>
    public string Activity => NewInstanceHandler.Name;

    /// <inheritdoc/>
    public string? FindRemedy(string account)
    {
        if (accounts.Find(account) is not { } seller)
        {
            return $"The account {account} is no longer in the settings: put {SectionOf(account)} back, with its access key and its AK and SK, and start again.";
        }

        if (seller.OpenApi.IsConfigured)
        {
            return null;
        }

        var (id, secret) = SettingsOf(account);
        return $"Set {id} and {secret} to an application credential (AK/SK) of the seller's account, and start again.";
    }

    /// <inheritdoc/>
    public async Task<OrderLookUp> FindAsync(PendingOrder order, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (accounts.Find(order.Key.Account) is not { OpenApi.IsConfigured: true } account)
        {
            return new OrderLookUp.NoAnswer(
                accounts.Find(order.Key.Account) is null
                    ? $"the account {order.Key.Account} is no longer in the settings"
                    : $"the account {order.Key.Account} has no credentials for the open API");
        }

        var found = await openApi.QueryOrderAsync(
            account, order.Key.Test, order.Key.OrderId, order.Key.OrderLineId, order.InstanceId, limit, cancellationToken);
        return Read(order.Key, found);
    }

    private OrderLookUp Read(PendingOrderKey order, OrderAnswer found)
    {
        var answer = found.Answer;
        if (found.Order is not { } info)
        {
            return answer.Error is null && !answer.IsForbidden ? new OrderLookUp.Missing(answer.Summary) : new OrderLookUp.NoAnswer(answer.Summary);
        }

        if (info.OrderType == TakenBack)
        {
            return new OrderLookUp.Unsubscribed();
        }

        return info.LineOf(order.OrderLineId) is { } line
            ? line.ProductId is { } product
                ? new OrderLookUp.Found(Read(order, info, line, ParameterReader.Cut(product, ParameterReader.LongestId)))
                : new OrderLookUp.Missing("the order's line names no product")
            : new OrderLookUp.Missing("the order has several lines, and none with this id");
    }

    private OrderContent Read(PendingOrderKey order, OrderInfo info, OrderLine line, string product)
    {
        DateTimeOffset? expiresAt = null;
        string?[] remarks =
        [
            line.Quantity is null ? $"the order's linearValue {(line.LinearValue is null ? "is absent" : "cannot be read")}, 1 is served" : null,
            line.ExpireTime is { } text && !TryRead(text, out expiresAt) ? "the order's expireTime cannot be read, the product's own period is served" : null,
        ];

        // An order must not fail for what no database keeps.
        return new OrderContent(
            product,
            info.CustomerId is { } customer ? ParameterReader.Cut(customer, ParameterReader.LongestCustomerId) : "order:" + order.OrderId,
            info.CustomerName is { } name ? ParameterReader.Cut(name, ParameterReader.LongestName) : null,
            line.Quantity ?? 1,
            expiresAt,
            Trial: info.OrderType == TrialOrder)
        {
            Remark = Array.TrueForAll(remarks, static each => each is null) ? null : string.Join("; ", remarks.OfType<string>()),
        };
    }

    private bool TryRead(string text, out DateTimeOffset? expiresAt)
    {
        var isRead = ExpireTime.TryParse(text, options.Value.ExpireTimeOffset, out var instant);
        expiresAt = isRead ? instant : null;
        return isRead;
    }

    private static string SectionOf(string account) => account == SellerAccount.Default
        ? MarketplaceOptions.SectionName
        : $"{MarketplaceOptions.SectionName}:{nameof(MarketplaceOptions.Accounts)}:{account}";

    private static (string Id, string Secret) SettingsOf(string account)
    {
        var section = $"{SectionOf(account)}:{nameof(MarketplaceOptions.OpenApi)}";
        return ($"{section}:{nameof(OpenApiOptions.AccessKeyId)}", $"{section}:{nameof(OpenApiOptions.SecretAccessKey)}");
    }
}
