namespace LicenseAuthority.Keys;

/// <summary>
/// Asks for the <see cref="LiveKeys"/> when the service starts, so that it is loaded before the first request, and logs what it holds.
/// </summary>
internal sealed class KeyRingReport(LiveKeys liveKeys, ILogger<KeyRingReport> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var keys = liveKeys.Ring;
        logger.LogInformation(
            "Signing with issuing key {KeyId}, certificate {Serial}, until {EndsAt:yyyy-MM-dd}", keys.Current.KeyId, keys.Current.Serial, keys.CurrentEndsAt);
        if (keys.IsDevelopment)
        {
            logger.LogInformation("This is a development key: anyone can sign with it. Production refuses it; \"keys init\" makes real ones");
        }

        foreach (var warning in keys.Warnings)
        {
            logger.LogWarning("{KeyWarning}", warning);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
