using LicenseAuthority.Storage.Postgres;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Storage;

/// <summary>
/// Moves an authority from SQLite to PostgreSQL, so that at no instant two databases can serve:
/// <code>
///                                          the source        the target
/// before                                   serves            is empty
/// 1  copy and compare, one COMMIT          serves            is an unfinished copy: no service starts on it
/// 2  mark the source as moved              no service        is an unfinished copy
/// 3  mark the copy as finished             no service        serves
/// </code>
/// After a crash anywhere the same command goes on: it copies anew over a copy that nobody has served from.
/// </summary>
internal sealed class AuthorityCopy(SqliteCopySource source, PostgresConnections target, IReadOnlyList<ISchemaPart> parts, TimeProvider time)
{
    /// <summary>Copies; returns the rows of each table.</summary>
    /// <exception cref="StorageException">It cannot be copied, or not to there; the message says why. Both databases serve, or do not, as before.</exception>
    public async Task<IReadOnlyList<(string Table, long Rows)>> RunAsync()
    {
        var record = await source.GetRecordAsync();
        if (record.CopyBegunAt is not null && record.CopyEndedAt is null)
        {
            throw new StorageException($"{source.Path} is an unfinished copy itself.");
        }

        try
        {
            using var copy = await PostgresCopyTarget.ConnectAsync(target);
            await RefuseUnfitAsync(copy, record);
            await copy.MigrateAsync(parts, time);
            var rows = await CopyTablesAsync(copy, record);
            await source.MarkMovedAsync(time.GetUtcNow(), target.Name);
            await copy.FinishAsync(record.Id, time.GetUtcNow());
            return rows;
        }
        catch (Npgsql.NpgsqlException exception)
        {
            throw target.Unusable(exception);
        }
    }

    private async Task RefuseUnfitAsync(PostgresCopyTarget copy, AuthorityRecord record)
    {
        var there = await copy.FindRecordAsync();
        var sameCopy = there is { IsUnusedCopy: true } && there.Id == record.Id;
        if (record.MovedAt is not null && !sameCopy)
        {
            throw new StorageException(
                $"{source.Path} has moved to {record.MovedTo} already, and can be copied again to there only, as long as nobody has served from it. \"LicenseAuthority storage copy --help\" says how to undo a move.");
        }

        if (there is null || sameCopy)
        {
            return;
        }

        if (there.ServedAt is not null || there.MovedAt is not null)
        {
            throw new StorageException($"A service has run on the {target.Name}: what it has sold would be lost. Nothing was copied. Name an empty database.");
        }

        if (there.CopyBegunAt is not null)
        {
            throw new StorageException($"The {target.Name} holds a copy of another authority. Nothing was copied. Name an empty database.");
        }

        if (await copy.FindTableWithRowsAsync() is { } table)
        {
            throw new StorageException($"The table '{table}' of the {target.Name} is not empty, and it is no copy of this authority. Nothing was copied. Name an empty database.");
        }
    }

    private async Task<List<(string Table, long Rows)>> CopyTablesAsync(PostgresCopyTarget copy, AuthorityRecord record)
    {
        var rows = new List<(string Table, long Rows)>();
        await using var transaction = await copy.BeginAsync();

        // Somebody may have been faster while the tables were made.
        await RefuseUnfitAsync(copy, record);
        var tables = await copy.ReadTablesAsync();
        await copy.EmptyAsync(tables);
        foreach (var table in tables)
        {
            source.CheckColumns(table);
            using var read = new TableDigest();
            using var written = new TableDigest();
            await copy.WriteAsync(table, source.Read(table), read);
            await copy.DigestAsync(table, written);
            if (read.Rows != written.Rows || read.Finish() != written.Finish())
            {
                throw new StorageException(
                    $"The table '{table.Name}' reads back differently from the {target.Name}: {read.Rows} rows were copied, {written.Rows} came back. Nothing was stored.");
            }

            rows.Add((table.Name, read.Rows));
        }

        await copy.SetIdentitiesAsync(tables);
        await copy.MarkBegunAsync(record, time.GetUtcNow());
        await transaction.CommitAsync();
        return rows;
    }
}
