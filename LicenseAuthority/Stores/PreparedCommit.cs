using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>
/// A commit with the rows of its events and messages, for calls and for the clock alike. They are made before a transaction begins: the JSON costs more than
/// all the rest of writing a row.
/// </summary>
internal sealed class PreparedCommit(LicenseCommit commit, OutboxFeed outbox)
{
    private const string InsertCode =
        """
        INSERT INTO codes (license_id, generation, issued_at, device, status_list, status_index, text, sha256, key_serial)
        VALUES (@license_id, @generation, @issued_at, @device, @status_list, @status_index, @text, @sha256, @key_serial)
        """;

    // Codes of different bindings may share a second, those of the same one never do.
    private const string VoidCodes =
        """
        UPDATE codes SET void_at = @void_at
        WHERE license_id = @license_id AND void_at IS NULL
            AND (issued_at > @void_at OR (issued_at = @void_at AND coalesce(device, '') = coalesce(@device, '')))
        """;

    private const string InvalidateCodes =
        "UPDATE codes SET invalid_at = @invalid_at WHERE license_id = @license_id AND invalid_at IS NULL";

    private const string InsertAnswer =
        "INSERT INTO answers (license_id, round, key, outcome) VALUES (@license_id, @round, @key, @outcome)";

    private const string SelectNewest =
        """
        SELECT l.version, e.at, e.type, e.actor, e.activity, e.order_id, e.order_line_id, e.remark, c.sha256
        FROM licenses l
        JOIN events e ON e.id = (SELECT max(id) FROM events WHERE license_id = l.id)
        JOIN codes c ON c.license_id = l.id AND c.generation = l.generation
        WHERE l.id = @id
        """;

    private readonly IReadOnlyList<SqlValue[]> _events = EventRows.Prepare(commit.Events);
    private readonly IReadOnlyList<OutboxMessage> _deliveries = commit is { Deliver: true, Activation.Request: { } request }
        ? outbox.MessagesOf(new CodeToDeliver(commit.After, commit.Activation.Generation, request))
        : [];

    private readonly IReadOnlyList<SqlValue[]> _messages = OutboxRows.Prepare(MessagesOf(commit, outbox));

    public LicenseCommit Commit { get; } = commit;

    /// <summary>Writes all but the row of the license, which decides whether the commit still counts and was written before.</summary>
    public void AddTo(IWriteSession session)
    {
        var license = Commit.After;
        if (Commit.EndsEarlierCodes)
        {
            session.Prepared(InvalidateCodes).Bind(Instants.ToSql(Commit.Events[^1].At), license.Id).Enqueue();
        }

        if (Commit.Code is { } code)
        {
            if (Commit.VoidsLaterCodes)
            {
                session.Prepared(VoidCodes).Bind(Instants.ToSql(license.CodeIssuedAt), license.Id, Commit.Activation?.Id).Enqueue();
            }

            session.Prepared(InsertCode).Bind(
                license.Id, license.Generation, Instants.ToSql(license.CodeIssuedAt), Commit.Activation?.Id, code.StatusList, code.StatusIndex, code.Text,
                code.Sha256, code.KeySerial).Enqueue();
        }

        if (Commit.FreesAllDevices)
        {
            ActivationRow.FreeAll(session, license.Id, Commit.Events[^1].At, FreedBy.Round);
        }

        if (Commit.Freed is { } freed)
        {
            ActivationRow.Free(session, freed);
        }

        if (Commit.Activation is { } activation)
        {
            ActivationRow.Put(session, activation);
        }

        if (Commit is { Code: not null, Activation: { Request: not null } requested })
        {
            RequestedCodeRow.Put(session, requested, _deliveries.Count == 0 ? null : _deliveries[0].Id);
        }

        EventRows.Add(session, _events);
        OutboxRows.Add(session, _messages);
        OutboxRows.Add(session, OutboxRows.Prepare(_deliveries));
        if (Commit.FollowUpOrder is { } followUp)
        {
            OrderRows.Add(session, license.Id, followUp);
        }

        AddAnswers(session, Commit.Keys, Commit.Outcome);

        if (Commit.Nonce is { } used)
        {
            NonceRows.Add(session, used);
        }

        if (Commit.Conflict is { } conflict)
        {
            ConflictRow.Add(session, conflict);
        }

        if (Commit.Before is { } before && (Commit.FollowUpOrder is not null || before.ExpiresAt != license.ExpiresAt) && Commit.Outcome == CommandOutcome.Applied)
        {
            HandleRows.EndIsKnown(session, license.Id, Commit.EndSaidBy);
        }

        if (Commit.Events.Any(static happened =>
            happened.Type == LicenseEventType.Changed && happened.Source.Actor.StartsWith(CallSource.Admin, StringComparison.Ordinal)))
        {
            HandleRows.IsLookedAt(session, license.Id);
        }

        foreach (var earlier in Commit.EarlierCalls)
        {
            AddEarlier(session, earlier);
        }

        if (Commit.Order is { } order)
        {
            UnservedOrderRows.Close(session, license, order, Commit.Events[^1], Commit.OperatorsReason);
        }

        if (Commit.MarketplaceCode is { } marketplaceCode)
        {
            HandleRows.Add(session, license, marketplaceCode);
            KeptCallRows.Remove(session, license, marketplaceCode.Code.Sha256);
            session.Prepared(MarketplaceCodeStore.DeleteActivation).Bind(marketplaceCode.Code.Sha256, license.Account).Enqueue();
        }

        if (Commit.ServesPendingOrder)
        {
            PendingOrderRow.Serve(session, license, Commit.Order!);
        }

        if (Commit.NewRound is { } bought)
        {
            PendingOrderRow.BeginRound(session, license, bought);
        }

        if (Commit.Resolution is { } resolution)
        {
            ConflictRow.Resolve(session, resolution);
        }
    }

    private void AddEarlier(IWriteSession session, EarlierCall call)
    {
        if (call.Order is { } order)
        {
            OrderRows.Add(session, Commit.After.Id, order);
        }

        AddAnswers(session, call.Keys, call.Outcome);
        if (call.Conflict is { } conflict)
        {
            ConflictRow.Add(session, conflict);
        }
    }

    private void AddAnswers(IWriteSession session, IReadOnlyList<CallKey> keys, CommandOutcome outcome)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            session.Prepared(InsertAnswer).Bind(Commit.After.Id, Commit.After.Round, keys[i].Hash, LicenseWords.Answers.WordOf(outcome)).Enqueue();
        }
    }

    // Each conflict has an id of its own, which the messages about its event name.
    private static IReadOnlyList<OutboxMessage> MessagesOf(LicenseCommit commit, OutboxFeed outbox)
    {
        if (commit.EarlierCalls.Count == 0)
        {
            return outbox.MessagesOf(commit.Events, commit.Conflict?.Id);
        }

        var ofEarlier = commit.EarlierCalls.Sum(static call => call.Events.Count);
        return
        [
            .. outbox.MessagesOf([.. commit.Events.Take(commit.Events.Count - ofEarlier)]),
            .. commit.EarlierCalls.SelectMany(call => outbox.MessagesOf(call.Events, call.Conflict?.Id)),
        ];
    }

    /// <summary>
    /// Whether a COMMIT of which nobody knows has stored this one: the license has its version and its last event, and where it made a code, that code, which
    /// nobody else can have made.
    /// </summary>
    public async ValueTask<bool> IsStoredAsync(IReadSession session)
    {
        var last = Commit.Events[^1];
        return await session.Prepared(SelectNewest).Bind(Commit.After.Id).QuerySingleOrDefaultAsync(row =>
            row.GetInt64(0) == Commit.After.Version
            && row.GetInt64(1) == Instants.ToSql(last.At)
            && row.GetString(2) == last.Type.ToWord()
            && new CallSource(row.GetString(3), row.GetString(4), row.GetStringOrNull(5), row.GetStringOrNull(6)) == last.Source
            && row.GetStringOrNull(7) == last.Remark
            && (Commit.Code is null || row.GetBytes(8).AsSpan().SequenceEqual(Commit.Code.Sha256)));
    }
}
