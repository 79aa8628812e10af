using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Outbox;

namespace LicenseAuthority.Marketplaces.KooGallery.OpenApi;

/// <summary>
/// Uploads codes to the marketplace that asked for them (protocol sections 5c and 5k). A destination is an account. What becomes of the upload of a debug case
/// is one line at level Debug and nothing else: cases are replayed twice a day, and their events are long closed. Thread-safe.
/// </summary>
internal sealed partial class UploadSender(
    SellerAccounts accounts, IActivationStore codes, RecordedOpenApi openApi, ILogger<UploadSender> logger) : IOutboxSender
{
    /// <summary>A debug case is tried so often, within a minute: nobody waits for it, and it must not show in health.</summary>
    public const int TriesOfATest = 4;

    /// <inheritdoc/>
    public string Kind => LicenseUploads.DestinationKind;

    /// <inheritdoc/>
    public TimeSpan LongestSend => TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    /// <remarks>The receiver is a marketplace, and can bear it; the uploads that hang there must leave places for the others of the account.</remarks>
    public OutboxPlaces Places => new(WhileItAnswers: 16, WhileItFails: 8);

    /// <inheritdoc/>
    /// <remarks>Somebody sits before the software and waits; after an hour or so no longer.</remarks>
    public IReadOnlyList<TimeSpan> Waits { get; } =
    [
        TimeSpan.FromSeconds(5),
        TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(20),
        TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(1),
        TimeSpan.FromMinutes(2),
        TimeSpan.FromMinutes(5),
        TimeSpan.FromMinutes(10),
        TimeSpan.FromMinutes(30),
    ];

    /// <inheritdoc/>
    public IReadOnlyList<OutboxDestination> Destinations { get; } =
    [
        .. accounts.All.Where(static account => account.OpenApi.IsConfigured)
            .Select(static account => new OutboxDestination(account.Name, OutboxDestinationState.Open)),
    ];

    /// <inheritdoc/>
    public async Task<SendResult> SendAsync(ClaimedMessage message, CancellationToken cancellationToken)
    {
        if (accounts.Find(message.DestinationId) is not { OpenApi.IsConfigured: true } account)
        {
            return new SendResult(
                SendOutcome.Failed, null,
                accounts.Find(message.DestinationId) is null ? "the account is no longer in the settings" : "the account has no credentials for the open API");
        }

        var payload = UploadPayload.Read(message.Payload);
        RequestedCode? code;
        try
        {
            code = await codes.FindCodeAsync(payload.LicenseId, payload.Generation, payload.EventId, message.Id, cancellationToken);
        }
        catch (Exception exception) when (exception is IStoreFault)
        {
            return new SendResult(SendOutcome.Failed, null, "the code could not be read; the store is busy");
        }

        if (code is null)
        {
            LogNoCode(payload.LicenseId, payload.Generation);
            return new SendResult(SendOutcome.Refused, null, "there is no such code any more: the database was restored");
        }

        if (code.Text is not { } text)
        {
            // What it would bring is out of date, and closes the event for what the other brings.
            return new SendResult(SendOutcome.Delivered, null, "not uploaded: a later message has the newest code for the event");
        }

        if (code.IsOver && !payload.Test)
        {
            // Offline it would still be good until its end.
            return new SendResult(SendOutcome.Delivered, null, "not uploaded: the license is over, or the device has its place no more");
        }

        payload = payload with { Generation = code.Generation };
        var upload = new LicenseUpload(payload.EventId, payload.LicenseId, text) { OrderId = code.OrderId };
        var answer = await openApi.UploadLicenseAsync(account, payload.Test, upload, message.Id, LongestSend, cancellationToken);
        return payload.Test ? OfTest(message, payload, answer) : OfReal(message, payload, answer);
    }

    /// <inheritdoc/>
    public Task CloseAsync(string destinationId, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task ForgetAsync(string destinationId, CancellationToken cancellationToken) => Task.CompletedTask;

    private SendResult OfReal(ClaimedMessage message, UploadPayload payload, OpenApiAnswer answer)
    {
        var outcome = Judge(message, answer);
        if (outcome == SendOutcome.Refused)
        {
            LogRefused(payload.Generation, payload.LicenseId, payload.EventId, answer.Summary);
        }

        return ResultOf(outcome, answer);
    }

    // A case that is answered again with success, and leaves nothing behind.
    private SendResult OfTest(ClaimedMessage message, UploadPayload payload, OpenApiAnswer answer)
    {
        var outcome = Judge(message, answer);
        if (outcome == SendOutcome.Failed && message.Failures + 1 < TriesOfATest)
        {
            return ResultOf(outcome, answer);
        }

        LogTest(payload.Generation, payload.LicenseId, payload.EventId, answer.Summary);
        return outcome == SendOutcome.Delivered
            ? ResultOf(outcome, answer)
            : new SendResult(SendOutcome.Delivered, answer.Status, "not uploaded, a debug case: " + answer.Summary, answer.Code);
    }

    private static SendOutcome Judge(ClaimedMessage message, OpenApiAnswer answer) => answer switch
    {
        { Succeeded: true } => SendOutcome.Delivered,

        // It has the license: the answer that said so was lost.
        { Error: null, Code: OpenApiCodes.ApplicationClosed } when message.LostAnswers > 0 => SendOutcome.Delivered,
        { Error: null, Code: OpenApiCodes.BadLicense or OpenApiCodes.ApplicationRefused or OpenApiCodes.BadParameter } => SendOutcome.Refused,
        _ => SendOutcome.Failed,
    };

    private static SendResult ResultOf(SendOutcome outcome, OpenApiAnswer answer) =>
        new(outcome, answer.Status, outcome == SendOutcome.Delivered ? null : answer.Summary, answer.Code)
        {
            IsAnswerLost = answer is { Error: not null, IsOutOfReach: false },
        };

    [LoggerMessage(LogLevel.Error, "ALARM: the marketplace refuses code {Generation} of license {LicenseId} for its event {EventId}: {Answer}. The buyer's software gets no license. Mend the cause, then have the upload sent again.")]
    private partial void LogRefused(int generation, string licenseId, string eventId, string answer);

    [LoggerMessage(LogLevel.Debug, "The upload of code {Generation} of test license {LicenseId} for event {EventId} has ended: {Answer}")]
    private partial void LogTest(int generation, string licenseId, string eventId, string answer);

    [LoggerMessage(LogLevel.Warning, "Code {Generation} of license {LicenseId} waits to be uploaded and is not in the database: it was restored. The upload is dead-lettered.")]
    private partial void LogNoCode(string licenseId, int generation);
}
