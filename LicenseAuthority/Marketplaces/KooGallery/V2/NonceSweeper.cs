using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>Deletes nonces that no call can come with any more, a few at a time.</summary>
internal sealed partial class NonceSweeper(INonceStore store, TimeProvider time, ILogger<NonceSweeper> logger) : PollingService(Interval, lookAtStart: false, time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <summary>Deletes all that are old now.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        while (await store.DeleteOldAsync(Time.GetUtcNow(), AnsweredNonces.Kept, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    protected override Task LookAsync(CancellationToken cancellationToken) => SweepAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void TellFailure(Exception exception) => LogFailed(exception, exception.Message);

    [LoggerMessage(LogLevel.Warning, "Nonces of old marketplace calls could not be deleted, tried again every 30 s: {Reason}")]
    private partial void LogFailed(Exception exception, string reason);
}
