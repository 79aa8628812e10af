using System.Globalization;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces.Usage;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// The open API as everybody here calls it: each call of the client, and how it ended, is in the journal, and whether the credentials are accepted is told to
/// <see cref="OpenApiCondition"/>. Thread-safe.
/// </summary>
internal sealed class RecordedOpenApi(OpenApiClient client, CallJournal journal, OpenApiCondition condition, TimeProvider time)
{
    private const string QueryOrder = "queryOrder";
    private const string UploadLicense = "uploadLicense";
    private const string ReportUsage = "reportUsage";

    /// <summary>The activation of a code, in the words of the journal and of events.</summary>
    public const string ActivateCode = "activateLicenseCode";

    /// <summary>The question how a code stands.</summary>
    public const string QueryCode = "queryLicenseCode";

    /// <inheritdoc cref="OpenApiClient.QueryOrderAsync"/>
    /// <param name="account">Whose order; it must have credentials.</param>
    /// <param name="test">Whether it is a debug case.</param>
    /// <param name="orderId">The order, up to 64 characters.</param>
    /// <param name="orderLineId">Its line; null or empty = none is asked for.</param>
    /// <param name="instanceId">The instance that the order has, for the journal; null = none.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception, and no call is recorded then.</param>
    public async Task<OrderAnswer> QueryOrderAsync(
        SellerAccount account, bool test, string orderId, string? orderLineId, string? instanceId, TimeSpan limit, CancellationToken cancellationToken)
    {
        var calledAt = time.GetUtcNow();
        var found = await client.QueryOrderAsync(account.OpenApi, orderId, orderLineId, limit, cancellationToken);

        // Of debug cases too: their look-ups are like the others.
        Tell(account, QueryOrder, found.Answer);
        journal.Record(Ended(account, QueryOrder, calledAt, found.Answer) with
        {
            Test = test,
            OrderId = orderId,
            OrderLineId = orderLineId,
            InstanceId = instanceId,
            Request = CallContent.FromParameters(
                string.IsNullOrEmpty(orderLineId) ? [new("orderId", orderId)] : [new("orderId", orderId), new("orderLineId", orderLineId)]),
        });
        return found;
    }

    /// <inheritdoc cref="OpenApiClient.UploadLicenseAsync"/>
    /// <param name="account">Whose license; it must have credentials.</param>
    /// <param name="test">Whether it is a debug case.</param>
    /// <param name="upload">The license code, and for which event.</param>
    /// <param name="messageId">The message in the outbox that has it sent, by which an operator has it sent again.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception, and no call is recorded then.</param>
    public async Task<OpenApiAnswer> UploadLicenseAsync(
        SellerAccount account, bool test, LicenseUpload upload, string messageId, TimeSpan limit, CancellationToken cancellationToken)
    {
        var calledAt = time.GetUtcNow();
        var answer = await client.UploadLicenseAsync(account.OpenApi, upload, limit, cancellationToken);
        if (!test)
        {
            // What becomes of the upload of a debug case is nobody's trouble: it must not show in health.
            Tell(account, UploadLicense, answer);
        }

        journal.Record(Ended(account, UploadLicense, calledAt, answer) with
        {
            Test = test,
            OrderId = upload.OrderId,
            InstanceId = upload.LicenseId,
            Request = CallContent.FromParameters([new("eventId", upload.EventId), new("type", upload.Type), new(upload.IsFile ? "file" : "characters", upload.Code)]),
            MessageId = messageId,
        });
        return answer;
    }

    /// <inheritdoc cref="OpenApiClient.ActivateCodeAsync"/>
    /// <param name="account">Whose code; it must have credentials.</param>
    /// <param name="code">The code.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception, and no call is recorded then.</param>
    public async Task<CodeAnswer> ActivateCodeAsync(SellerAccount account, MarketplaceCode code, TimeSpan limit, CancellationToken cancellationToken)
    {
        var calledAt = time.GetUtcNow();
        var answer = await client.ActivateCodeAsync(account.OpenApi, code, limit, cancellationToken);
        Record(account, ActivateCode, calledAt, code, answer, licenseId: null);
        return answer;
    }

    /// <inheritdoc cref="OpenApiClient.QueryCodeAsync"/>
    /// <param name="account">Whose code; it must have credentials.</param>
    /// <param name="code">The code.</param>
    /// <param name="licenseId">The license that was issued for it; null = none was.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception, and no call is recorded then.</param>
    public async Task<CodeAnswer> QueryCodeAsync(
        SellerAccount account, MarketplaceCode code, string? licenseId, TimeSpan limit, CancellationToken cancellationToken)
    {
        var calledAt = time.GetUtcNow();
        var answer = await client.QueryCodeAsync(account.OpenApi, code, limit, cancellationToken);
        Record(account, QueryCode, calledAt, code, answer, licenseId);
        return answer;
    }

    /// <inheritdoc cref="OpenApiClient.ReportUsageAsync"/>
    /// <summary>Of what was reported the journal has the day and how much it was: who used a license is nobody's business there.</summary>
    /// <param name="account">Whose licenses; it must have credentials.</param>
    /// <param name="day">The marketplace's day.</param>
    /// <param name="usages">At most 100 licenses with at most 100 entries each.</param>
    /// <param name="limit">How long it may take, all hosts together.</param>
    /// <param name="cancellationToken">Gives up; the only exception, and no call is recorded then.</param>
    public async Task<UsageAnswer> ReportUsageAsync(
        SellerAccount account, DateOnly day, IReadOnlyList<LicenseUsage> usages, TimeSpan limit, CancellationToken cancellationToken)
    {
        var calledAt = time.GetUtcNow();
        var answer = await client.ReportUsageAsync(account.OpenApi, usages, limit, cancellationToken);
        Tell(account, ReportUsage, answer.Answer);
        journal.Record(Ended(account, ReportUsage, calledAt, answer.Answer) with
        {
            Request = CallContent.FromParameters(
            [
                new("day", day.ToString("O", CultureInfo.InvariantCulture)),
                new("licenseCount", usages.Count.ToString(CultureInfo.InvariantCulture)),
                new("entryCount", usages.Sum(static usage => usage.Entries).ToString(CultureInfo.InvariantCulture)),
            ]),
            Answer = answer.Answer.Code is { } code
                ? CallContent.FromParameters([new("error_code", code), new("checkFailCount", answer.Failed.ToString(CultureInfo.InvariantCulture))])
                : CallContent.Unreadable(answer.Answer.Length),
        });
        return answer;
    }

    private void Record(SellerAccount account, string activity, DateTimeOffset calledAt, MarketplaceCode code, CodeAnswer answer, string? licenseId)
    {
        Tell(account, activity, answer.Answer);
        journal.Record(Ended(account, activity, calledAt, answer.Answer) with
        {
            OrderId = answer.OrderId,
            InstanceId = licenseId,
            Request = CallContent.FromParameters([new("license", code.Text)]),
        });
    }

    private static EndedCall Ended(SellerAccount account, string activity, DateTimeOffset calledAt, OpenApiAnswer answer) => new()
    {
        At = calledAt,
        Direction = CallDirection.Out,
        Account = account.Name,
        Activity = activity,
        ResultCode = answer.Code,
        ResultMsg = answer.Message ?? answer.Error,
        HttpStatus = answer.Status,
        Duration = answer.Duration,
        Answer = answer.Body is { } body ? CallContent.FromJson(body, answer.Length) : CallContent.Unreadable(answer.Length),
        Error = IsAtFault(answer) ? answer.Summary : null,
    };

    // The gateway refuses by its status, before anybody looks at the call.
    private void Tell(SellerAccount account, string activity, OpenApiAnswer answer)
    {
        if (answer.IsForbidden)
        {
            condition.WasRefused(account.Name, activity, answer.Summary);
        }
        else if (!IsAtFault(answer))
        {
            condition.WasAccepted(account.Name, activity);
        }
    }

    // What the account's operator has to know: no answer to judge, or none for these credentials. That there is no such order is an answer as good as any.
    private static bool IsAtFault(OpenApiAnswer answer) => answer.Error is not null || answer.IsForbidden;
}
