using Npgsql;
using NpgsqlTypes;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>One way to the server and back, for the statements of one work or of several.</summary>
internal static class PostgresWay
{
    // A name may be anything at all; two that fall together only wait for each other. An array is gone through in its order.
    private const string TakeLocks = "SELECT count(pg_advisory_xact_lock(hashtextextended(name, 0))) FROM unnest($1) AS name";

    /// <summary>Takes the locks, and runs the statements; those of a part in their order.</summary>
    /// <param name="connection">In its transaction, if there is one.</param>
    /// <param name="locks">Taken first, in the order of their names: whoever takes several waits for nobody who waits for him.</param>
    /// <param name="parts">Statements of which those of one part rest on none of another.</param>
    /// <param name="first">Runs before everything else; null = nothing.</param>
    public static async Task SendAsync(
        NpgsqlConnection connection, IEnumerable<string> locks, IReadOnlyList<IReadOnlyList<PostgresCommand>> parts, string? first = null)
    {
        await using var batch = new NpgsqlBatch(connection);
        var readers = new List<Func<NpgsqlDataReader, ValueTask>>();
        var counted = new List<(PostgresCommand Command, NpgsqlBatchCommand Sent)>();
        if (first is not null)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(first));
        }

        string[] names = [.. locks.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (names.Length > 0)
        {
            var take = new NpgsqlBatchCommand(TakeLocks);
            take.Parameters.Add(new NpgsqlParameter<string[]> { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text, TypedValue = names });
            batch.BatchCommands.Add(take);
            readers.Add(static _ => ValueTask.CompletedTask);
        }

        foreach (var same in InOneOrder(parts))
        {
            if (same.Count > 1 && !same.Exists(static command => command.IsAsked) && PostgresCommand.OfRows(same[0].Sql.InsertOfRows, same) is { } rows)
            {
                batch.BatchCommands.Add(rows);
                continue;
            }

            if (same.Count > 1 && same.TrueForAll(static command => command.IsCounted) && PostgresCommand.OfRows(same[0].Sql.UpdateOfRows, same) is { } update)
            {
                batch.BatchCommands.Add(update);
                readers.Add(async reader =>
                {
                    while (await reader.ReadAsync())
                    {
                        same[(int)reader.GetInt64(0) - 1].Changed++;
                    }
                });
                continue;
            }

            foreach (var command in same)
            {
                var sent = command.ToBatchCommand();
                batch.BatchCommands.Add(sent);
                if (command.Read is { } read)
                {
                    readers.Add(read);
                }

                if (command.IsCounted)
                {
                    counted.Add((command, sent));
                }
            }
        }

        await using (var reader = await batch.ExecuteReaderAsync())
        {
            for (var i = 0; i < readers.Count; i++)
            {
                if (i > 0)
                {
                    await reader.NextResultAsync();
                }

                await readers[i](reader);
            }

            // An error of what comes after the last rows.
            while (await reader.NextResultAsync())
            {
            }
        }

        foreach (var (command, sent) in counted)
        {
            command.Changed = sent.RecordsAffected;
        }
    }

    // The order of each part holds, and as far as it does the same statement of several stands at one place, where those of rows become one: next is what
    // stands first in a part and later in none.
    private static IEnumerable<List<PostgresCommand>> InOneOrder(IReadOnlyList<IReadOnlyList<PostgresCommand>> parts)
    {
        var next = new int[parts.Count];
        while (ChooseNext(parts, next) is { } sql)
        {
            var same = new List<PostgresCommand>();
            for (var i = 0; i < next.Length; i++)
            {
                for (; next[i] < parts[i].Count && parts[i][next[i]].Sql == sql; next[i]++)
                {
                    same.Add(parts[i][next[i]]);
                }
            }

            yield return same;
        }
    }

    private static PostgresSql? ChooseNext(IReadOnlyList<IReadOnlyList<PostgresCommand>> parts, int[] next)
    {
        PostgresSql? first = null;
        for (var i = 0; i < next.Length; i++)
        {
            if (next[i] == parts[i].Count)
            {
                continue;
            }

            var sql = parts[i][next[i]].Sql;
            if (!ComesLater(sql, parts, next))
            {
                return sql;
            }

            first ??= sql;
        }

        return first;
    }

    private static bool ComesLater(PostgresSql sql, IReadOnlyList<IReadOnlyList<PostgresCommand>> parts, int[] next)
    {
        for (var i = 0; i < next.Length; i++)
        {
            var position = next[i];
            while (position < parts[i].Count && parts[i][position].Sql == sql)
            {
                position++;
            }

            for (; position < parts[i].Count; position++)
            {
                if (parts[i][position].Sql == sql)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
