using LicenseAuthority.Client.Format;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.PendingOrders;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Serves <c>getLicenseAsync</c> (protocol sections 5 and 5e): the buyer's software asks for a license for its device, through the marketplace. The code is not in
/// the answer: it is uploaded, and the answer says whether it has arrived.
/// </summary>
internal sealed class GetLicenseAsyncHandler(
    ActivationService activations, PendingOrderService pending, IOrderSource orders, MissingCredentials missingCredentials, IOutboxStore outbox,
    OutboxSignal signal, RefusedCalls refused, TimeProvider time) : ICallHandler
{
    private const int LongestTime = 32;
    private const int LongestFingerprint = 1024;

    private static readonly MarketplaceAnswer Waiting = new(ResultCode.InProgress, "the license is made, and will be uploaded");

    /// <inheritdoc/>
    public string Activity => "getLicenseAsync";

    /// <inheritdoc/>
    public string Method => HttpMethods.Post;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(call.Parameters);
        var instanceId = parameters.Required("instanceId", ParameterReader.LongestId);
        var startsAt = ReadTime(parameters, "effectiveTime", parameters.Required("effectiveTime", LongestTime));
        var endsAt = ReadTime(parameters, "expireTime", parameters.Optional("expireTime", LongestTime));
        var eventId = ReadEventId(parameters);
        var fingerprint = parameters.Optional("deviceFingerprint", LongestFingerprint);
        var test = parameters.TestFlag();
        if (parameters.Problem is { } problem)
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        var account = call.Account;
        if (!account.OpenApi.IsConfigured)
        {
            missingCredentials.Tell(account.Name, orders.FindRemedy(account.Name) ?? "");
            return new MarketplaceAnswer(ResultCode.InternalError, "the seller has no credentials for the upload of licenses");
        }

        var target = new LicenseTarget(instanceId, account.Name, test);
        var command = new RequestCode(
            target, eventId, DeviceIdOf(instanceId, fingerprint), startsAt ?? default, endsAt, new CallSource(CallSource.Marketplace, Activity))
        {
            Nonce = new AnsweredNonce(call.Nonce!, Waiting.ToText()),
        };

        // A caller that hangs up must not leave it open whether the place is taken.
        var result = await activations.RequestAsync(command, CancellationToken.None);
        if (result.Outcome == DeviceOutcome.NotFound && await pending.FindAsync(target, cancellationToken) is { } order)
        {
            if (InstanceAnswer.Without(order.End) is { } without)
            {
                return without;
            }

            // It was served meanwhile.
            result = await activations.RequestAsync(command, CancellationToken.None);
        }

        return await AnswerAsync(account.Name, result, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy)
    {
        refused.TellRepeated(Activity, call, answer);
        return Task.CompletedTask;
    }

    private async ValueTask<MarketplaceAnswer> AnswerAsync(string account, DeviceResult result, CancellationToken cancellationToken) => result.Outcome switch
    {
        DeviceOutcome.Activated or DeviceOutcome.HasPlace => await AnswerServedAsync(account, result.Device!.Delivery, cancellationToken),
        DeviceOutcome.NoSeatLeft => new MarketplaceAnswer(
            ResultCode.QuotaUsedUp, FormattableString.Invariant($"all {result.License!.Quantity} devices of the license are in use")),
        DeviceOutcome.OutsideTerm => new MarketplaceAnswer(
            ResultCode.OutsideTerm, $"effectiveTime and expireTime must be within the term of the license, {TermOf(result.License!)}"),
        DeviceOutcome.NoEnd => new MarketplaceAnswer(ResultCode.EndMissing, "the license has an end, and expireTime is missing"),
        DeviceOutcome.NoDevice => new MarketplaceAnswer(ResultCode.FingerprintMissing, "deviceFingerprint is missing: licenses are bound to devices"),
        DeviceOutcome.Over => new MarketplaceAnswer(ResultCode.UnknownInstance, "the instance was released or revoked"),
        DeviceOutcome.NotFound => InstanceAnswer.From(CommandOutcome.NotFound),
        _ => throw new InvalidOperationException($"No code that was asked for is {result.Outcome}."),
    };

    private async ValueTask<MarketplaceAnswer> AnswerServedAsync(string account, CodeDelivery? delivery, CancellationToken cancellationToken)
    {
        switch (delivery)
        {
            case { State: CodeDeliveryState.Delivered }:
                return MarketplaceAnswer.Success;
            case { State: CodeDeliveryState.GivenUp, MessageId: { } messageId }:

                // The marketplace wants it all the same: perhaps what stood in the way was mended.
                await outbox.ResendAsync(LicenseUploads.DestinationKind, account, messageId, time.GetUtcNow(), cancellationToken);
                signal.Wake();
                return Waiting;
            default:
                return Waiting;
        }
    }

    private static DateTimeOffset? ReadTime(ParameterReader parameters, string name, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (LicensePeriod.TryParse(value, out var instant))
        {
            return instant;
        }

        parameters.Fail($"the parameter {name} must be a date and time in UTC as yyyy-MM-dd HH:mm:ss z");
        return null;
    }

    // It becomes a segment of the path to which the license is uploaded.
    private static string ReadEventId(ParameterReader parameters)
    {
        const string Name = "eventId";
        var eventId = parameters.Required(Name, ParameterReader.LongestId);
        if (eventId is "." or "..")
        {
            parameters.Fail($"the parameter {Name} is none that a license could be uploaded for");
        }

        return eventId;
    }

    // One string, however many parts it has: what the software shows later is compared with it as a whole.
    private static string? DeviceIdOf(string instanceId, string? fingerprint) =>
        fingerprint is null || DeviceBinding.Trim(fingerprint).Length == 0 ? null : DeviceBinding.ComputeId(instanceId, fingerprint);

    private static string TermOf(License license) =>
        $"from {Rfc3339.Seconds(license.StartsAt)}{(license.EndsAt is { } ends ? " to " + Rfc3339.Seconds(ends) : " on")}";
}
