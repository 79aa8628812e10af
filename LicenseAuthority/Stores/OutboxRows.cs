using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>Writes messages beside the events that they tell, in the same transaction.</summary>
internal static class OutboxRows
{
    private const string Insert =
        """
        INSERT INTO outbox (message_id, destination_kind, destination_id, ordering_key, type, payload, created_at, next_attempt_at, give_up_at,
            attempts, failures)
        VALUES (@message_id, @kind, @destination, @ordering_key, @type, @payload, @created_at, @created_at, @give_up_at, 0, 0)
        """;

    /// <summary>Makes the rows, before a transaction begins.</summary>
    public static IReadOnlyList<SqlValue[]> Prepare(IReadOnlyList<OutboxMessage> messages)
    {
        if (messages.Count == 0)
        {
            return [];
        }

        var rows = new SqlValue[messages.Count][];
        for (var i = 0; i < rows.Length; i++)
        {
            var message = messages[i];
            rows[i] =
            [
                message.Id, message.DestinationKind, message.DestinationId, message.OrderingKey, message.Type, message.Payload,
                Instants.ToSql(message.CreatedAt), Instants.ToSql(message.CreatedAt + Backoff.GiveUpAfter),
            ];
        }

        return rows;
    }

    /// <summary>Writes rows in their order.</summary>
    public static void Add(IWriteSession session, IReadOnlyList<SqlValue[]> rows)
    {
        // Not foreach: most changes have none, and an enumerator would be all that they cost.
        for (var i = 0; i < rows.Count; i++)
        {
            session.Prepared(Insert).Bind(rows[i]).Enqueue();
        }
    }
}
