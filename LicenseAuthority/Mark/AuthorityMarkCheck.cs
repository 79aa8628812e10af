using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

/// <summary>
/// What a start does with the <see cref="AuthorityMark"/>: refuses a database that is not the one the mark speaks of, and writes the mark when the service listens. In
/// Development, where people delete their data to begin anew, it warns and goes on.
/// </summary>
internal sealed partial class AuthorityMarkCheck(AuthorityMark mark, IHostEnvironment environment, ILogger<AuthorityMarkCheck> logger) : IStartCheck
{
    private bool _warned;

    /// <inheritdoc/>
    public void BeforeNew(string database) => Check(() => mark.RefuseNew(database));

    /// <inheritdoc/>
    public void BeforeService(AuthorityRecord record) => Check(() => mark.RefuseOther(record));

    /// <summary>Once a service serves. A mark that cannot be written is a warning.</summary>
    public async Task RecordAsync(IDatabase database)
    {
        var record = await database.ReadAsync(AuthorityRecord.GetAsync);
        try
        {
            mark.Record(record);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or StorageException)
        {
            LogNotWritten(mark.FullPath, exception.Message);
        }
    }

    private void Check(Action refuse)
    {
        try
        {
            refuse();
        }
        catch (StorageException exception) when (environment.IsDevelopment())
        {
            if (!_warned)
            {
                _warned = true;
                LogBeginsAnew(exception.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Development: going on with a new database, outside Development this would end the start. {Reason}")]
    private partial void LogBeginsAnew(string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "The mark of this authority, {Path}, cannot be written ({Reason}): a start without its database would not be noticed. Let the service write that folder, or name another one in StatusLists:Directory.")]
    private partial void LogNotWritten(string path, string reason);
}
