using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

/// <summary>
/// Has the mark written once the service listens: a start that ends before, such as at an address in use, has served nobody, and must not bind the keys to
/// the database that it was given.
/// </summary>
internal sealed class MarkWriter(AuthorityMarkCheck check, IDatabase database) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => check.RecordAsync(database);

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
