using LicenseAuthority.Licensing;

namespace LicenseAuthority.Storage;

/// <summary>The rows of events.</summary>
internal static class EventRows
{
    private const string Insert =
        """
        INSERT INTO events (license_id, at, type, actor, activity, order_id, order_line_id, before, after, remark)
        VALUES (@license_id, @at, @type, @actor, @activity, @order_id, @order_line_id, @before, @after, @remark)
        """;

    /// <summary>Writes events in their order.</summary>
    public static void Add(SqliteWriteSession session, IReadOnlyList<LicenseEvent> events)
    {
        foreach (var happened in events)
        {
            var (before, after) = EventFacts.Compare(happened.Before, happened.After);
            session.Prepared(Insert).Bind(
                happened.After.Id, Instants.ToSql(happened.At), happened.Type.ToWord(), happened.Source.Actor, happened.Source.Activity,
                happened.Source.OrderId, happened.Source.OrderLineId, before, after, happened.Remark).Execute();
        }
    }
}
