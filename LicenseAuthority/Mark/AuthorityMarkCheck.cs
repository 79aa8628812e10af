using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

/// <summary>
/// What a start does with the <see cref="AuthorityMark"/>: refuses a database that is not the one the mark speaks of, and an empty one. In
/// Development, where people delete their data to begin anew, it warns and goes on.
/// </summary>
internal sealed partial class AuthorityMarkCheck(AuthorityMark mark, IHostEnvironment environment, ILogger<AuthorityMarkCheck> logger) : IStartCheck
{
    private bool _warned;

    /// <inheritdoc/>
    public void BeforeNew(string database) => Check(() => mark.RefuseNew(database));

    /// <inheritdoc/>
    public void BeforeService(AuthorityRecord record) => Check(() => mark.RefuseOther(record));

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
}
