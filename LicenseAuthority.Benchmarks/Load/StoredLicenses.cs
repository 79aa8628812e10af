using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Fills a database with licenses, by the same code that stores a real one, but many to a transaction.</summary>
internal static class StoredLicenses
{
    private const int PerTransaction = 5_000;

    /// <summary>Stores so many; <paramref name="due"/> = their term has just ended and nobody has settled them. The service must not be running.</summary>
    public static async Task FillAsync(string databasePath, int count, bool due = false)
    {
        if (count == 0)
        {
            return;
        }

        await using var database = SqliteDatabase.Open(
            new StorageOptions { ConnectionString = $"Data Source={databasePath}" }, Path.GetDirectoryName(databasePath)!, TimeProvider.System);
        var store = new LicenseStore(database, OutboxFeed.None, TimeProvider.System);
        var changes = new LicenseChanges("stored", due);
        for (var stored = 0; stored < count;)
        {
            var batch = changes.Take(Math.Min(PerTransaction, count - stored));
            await database.Writer.RunAsync(session =>
            {
                foreach (var change in batch)
                {
                    // Has ended when it returns, as everything on SQLite.
                    _ = store.StoreAsync(session, change, EventRows.Prepare(change.Events), []).AsTask().GetAwaiter().GetResult();
                }

                return 0;
            });
            stored += batch.Count;
        }
    }
}
