namespace LicenseAuthority.Telemetry;

/// <summary>Creates instruments when the service starts: they exist as soon as their class does, and a gauge is called by nobody else.</summary>
internal sealed class InstrumentsAtStart<T>(T instruments) : IHostedService
    where T : class
{
    public T Instruments { get; } = instruments;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
