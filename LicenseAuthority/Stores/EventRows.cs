using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

internal static class EventRows
{
    private const string Insert =
        """
        INSERT INTO events (license_id, at, type, actor, activity, order_id, order_line_id, before, after, remark)
        VALUES (@license_id, @at, @type, @actor, @activity, @order_id, @order_line_id, @before, @after, @remark)
        """;

    /// <summary>Makes the rows. Done before a transaction begins: the JSON costs more than all the rest of writing a row.</summary>
    public static IReadOnlyList<SqlValue[]> Prepare(IReadOnlyList<LicenseEvent> events)
    {
        var rows = new SqlValue[events.Count][];
        for (var i = 0; i < rows.Length; i++)
        {
            var happened = events[i];
            var (before, after) = EventFacts.Compare(happened.Before, happened.After);
            rows[i] =
            [
                happened.After.Id, Instants.ToSql(happened.At), happened.Type.ToWord(), happened.Source.Actor, happened.Source.Activity,
                happened.Source.OrderId, happened.Source.OrderLineId, before, after, happened.Remark,
            ];
        }

        return rows;
    }

    /// <summary>Writes rows in their order.</summary>
    public static void Add(IWriteSession session, IReadOnlyList<SqlValue[]> rows)
    {
        foreach (var row in rows)
        {
            session.Prepared(Insert).Bind(row).Enqueue();
        }
    }
}
