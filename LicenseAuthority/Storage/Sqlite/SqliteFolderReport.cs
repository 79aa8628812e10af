namespace LicenseAuthority.Storage.Sqlite;

/// <summary>
/// Warns at start when other users of this machine may look into the data folder, as is done for the keys. Not on Windows, where the folder's own
/// rights rule.
/// </summary>
internal sealed class SqliteFolderReport(SqliteDatabase database, ILogger<SqliteFolderReport> logger) : IHostedService
{
    private const UnixFileMode OthersMode = (UnixFileMode)0b000_111_111;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        string[] paths = [Path.GetDirectoryName(database.Path)!, database.Path];
        foreach (var path in paths)
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OthersMode) is not UnixFileMode.None and var mode)
            {
                logger.LogWarning(
                    "Other users of this machine have access to {Path} ({Mode}), in which are names of customers and license codes: chmod go= {Path}", path, mode, path);
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
