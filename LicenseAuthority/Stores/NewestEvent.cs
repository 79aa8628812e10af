using LicenseAuthority.Clock;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The event that was stored last, by its number and not by its time: one that a wrong clock dated ahead does not count for ever.</summary>
internal sealed class NewestEvent(IDatabase database) : INewestEvent
{
    private const string Select = "SELECT at FROM events ORDER BY id DESC LIMIT 1";

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> FindAsync(CancellationToken cancellationToken) => Instants.FromSql(await database.ReadAsync(
        static session => session.Prepared(Select).Bind().QuerySingleOrDefaultAsync(static row => row.GetInt64OrNull(0)), cancellationToken));
}
