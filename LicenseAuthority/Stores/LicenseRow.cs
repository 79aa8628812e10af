using System.Collections.Immutable;
using System.Globalization;
using LicenseAuthority.Codes;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The row of a license: the one place that knows which column holds which fact. All statements are made from the table of columns below.</summary>
internal static class LicenseRow
{
    // Before the columns, which enter themselves.
    private static readonly List<Column> Table = [];

    private static readonly Column Id = Add("id", ChangedBy.Nobody, static license => license.Id);
    private static readonly Column Account = Add("account", ChangedBy.Nobody, static license => license.Account);
    private static readonly Column Product = Add("product", ChangedBy.Nobody, static license => license.Product);
    private static readonly Column Test = Add("test", ChangedBy.Nobody, static license => license.Test);
    private static readonly Column Round = Add("round", ChangedBy.Calls, static license => license.Round);
    private static readonly Column Trial = Add("trial", ChangedBy.Calls, static license => license.Trial);
    private static readonly Column CustomerId = Add("customer_id", ChangedBy.Nobody, static license => license.Customer.Id);
    private static readonly Column MarketplaceCustomerId =
        Add("marketplace_customer_id", ChangedBy.Nobody, static license => license.Customer.MarketplaceCustomerId);
    private static readonly Column CustomerName = Add("customer_name", ChangedBy.Nobody, static license => license.Customer.Name);
    private static readonly Column Quantity = Add("quantity", ChangedBy.Calls, static license => license.Quantity);
    private static readonly Column Entitlements = Add("entitlements", ChangedBy.Calls, static license => EntitlementsJson.ToText(license.Entitlements));
    private static readonly Column IssuedAt = Add("issued_at", ChangedBy.Calls, static license => Instants.ToSql(license.IssuedAt));
    private static readonly Column StartsAt = Add("starts_at", ChangedBy.Calls, static license => Instants.ToSql(license.StartsAt));
    private static readonly Column ExpiresAt = Add("expires_at", ChangedBy.Calls, static license => Instants.ToSql(license.ExpiresAt));
    private static readonly Column EarlierExpiries = Add("earlier_expiries", ChangedBy.Calls, static license => WriteExpiries(license.EarlierExpiries));
    private static readonly Column Grace = Add("grace", ChangedBy.Calls, static license => (long)license.Grace.TotalMilliseconds);
    private static readonly Column Tolerance = Add("tolerance", ChangedBy.Calls, static license => (long)license.Tolerance.TotalMilliseconds);
    private static readonly Column ExpiredByMarketplaceAt =
        Add("expired_by_marketplace_at", ChangedBy.Calls, static license => Instants.ToSql(license.ExpiredByMarketplaceAt));
    private static readonly Column HoldMarketplaceSince =
        Add("hold_marketplace_since", ChangedBy.Calls, static license => Instants.ToSql(license.HoldMarketplace?.Since));
    private static readonly Column HoldMarketplaceReason = Add("hold_marketplace_reason", ChangedBy.Calls, static license => license.HoldMarketplace?.Reason);
    private static readonly Column HoldAdminSince = Add("hold_admin_since", ChangedBy.Calls, static license => Instants.ToSql(license.HoldAdmin?.Since));
    private static readonly Column HoldAdminReason = Add("hold_admin_reason", ChangedBy.Calls, static license => license.HoldAdmin?.Reason);
    private static readonly Column ReleasedAt = Add("released_at", ChangedBy.Clock, static license => Instants.ToSql(license.Release?.At));
    private static readonly Column ReleasedBy = Add("released_by", ChangedBy.Clock, static license => license.Release?.By.ToWord());
    private static readonly Column RevokedAt = Add("revoked_at", ChangedBy.Calls, static license => Instants.ToSql(license.Revocation?.At));
    private static readonly Column RevokeReason = Add("revoke_reason", ChangedBy.Calls, static license => license.Revocation?.Reason);
    private static readonly Column Generation = Add("generation", ChangedBy.Calls, static license => license.Generation);
    private static readonly Column UnboundGeneration = Add("unbound_generation", ChangedBy.Calls, static license => license.UnboundGeneration);
    private static readonly Column CodeIssuedAt = Add("code_issued_at", ChangedBy.Calls, static license => Instants.ToSql(license.CodeIssuedAt));
    private static readonly Column LastEventAt = Add("last_event_at", ChangedBy.Clock, static license => Instants.ToSql(license.LastEventAt));
    private static readonly Column State = Add("state", ChangedBy.Clock, static license => license.RecordedState.ToWord());
    private static readonly Column Version = Add("version", ChangedBy.Clock, static license => license.Version);

    /// <summary>How many columns <see cref="Read"/> takes: all so far.</summary>
    public static readonly int Width = Table.Count;

    /// <summary>The columns that <see cref="Read"/> expects, in order, of the table alias <c>l</c>.</summary>
    public static readonly string Columns = string.Join(", ", Table.Select(static column => $"l.{column.Name}"));

    // Follows from the others, and is never read back. Its static is the entry in the table.
    private static readonly Column NextDueAt =
        Add("next_due_at", ChangedBy.Clock, static license => Instants.ToSql(license.NextDueAt) ?? Instants.Never);

    private static readonly Column[] Changing = [.. Table.Where(static column => column.ChangedBy != ChangedBy.Nobody)];
    private static readonly Column[] Settling = [.. Table.Where(static column => column.ChangedBy == ChangedBy.Clock)];
    private static readonly Column[] All = [.. Table];

    private static readonly string Insert =
        $"INSERT INTO licenses ({string.Join(", ", All.Select(static column => column.Name))}) "
        + $"VALUES ({string.Join(", ", All.Select(static column => $"@{column.Name}"))})";

    private static readonly string Update = UpdateOf(Changing);

    /// <summary>The update of what the clock changes, and nothing else, with the values of <see cref="SettledValues"/>.</summary>
    public static readonly string UpdateSettled = UpdateOf(Settling);

    private enum ChangedBy
    {
        // What a license keeps for ever.
        Nobody,

        Calls,

        // Calls too, and nothing but these by the clock.
        Clock,
    }

    /// <summary>Writes a new row.</summary>
    public static void AddTo(IWriteSession session, License license) => session.Prepared(Insert).Bind(ValuesOf(All, license, All.Length)).Enqueue();

    /// <summary>Replaces the row if it still has the version; false when it has not, and then nothing was written.</summary>
    public static async ValueTask<bool> TryReplaceAsync(IWriteSession session, License license, long expectedVersion) =>
        await session.Prepared(Update).Bind(UpdateValues(Changing, license, expectedVersion)).ExecuteAsync() == 1;

    /// <summary>For <see cref="UpdateSettled"/>, which changes nothing when the row has another version.</summary>
    public static SqlValue[] SettledValues(License license, long expectedVersion) => UpdateValues(Settling, license, expectedVersion);

    /// <summary>Reads the license whose columns begin at <paramref name="first"/>.</summary>
    public static License Read(Row row, int first = 0) => new()
    {
        Id = row.GetString(first + Id.Position),
        Account = row.GetString(first + Account.Position),
        Product = row.GetString(first + Product.Position),
        Test = row.GetBoolean(first + Test.Position),
        Round = row.GetInt32(first + Round.Position),
        Trial = row.GetBoolean(first + Trial.Position),
        Customer = new Customer(
            row.GetString(first + CustomerId.Position),
            row.GetString(first + MarketplaceCustomerId.Position),
            row.GetStringOrNull(first + CustomerName.Position)),
        Quantity = row.GetInt32(first + Quantity.Position),
        Entitlements = EntitlementsJson.FromText(row.GetStringOrNull(first + Entitlements.Position)),
        IssuedAt = Instants.FromSql(row.GetInt64(first + IssuedAt.Position)),
        StartsAt = Instants.FromSql(row.GetInt64(first + StartsAt.Position)),
        ExpiresAt = Instants.FromSql(row.GetInt64OrNull(first + ExpiresAt.Position)),
        EarlierExpiries = ReadExpiries(row.GetStringOrNull(first + EarlierExpiries.Position)),
        Grace = TimeSpan.FromMilliseconds(row.GetInt64(first + Grace.Position)),
        Tolerance = TimeSpan.FromMilliseconds(row.GetInt64(first + Tolerance.Position)),
        ExpiredByMarketplaceAt = Instants.FromSql(row.GetInt64OrNull(first + ExpiredByMarketplaceAt.Position)),
        HoldMarketplace = ReadHold(row, first + HoldMarketplaceSince.Position, first + HoldMarketplaceReason.Position),
        HoldAdmin = ReadHold(row, first + HoldAdminSince.Position, first + HoldAdminReason.Position),
        Release = row.GetInt64OrNull(first + ReleasedAt.Position) is { } releasedAt
            ? new Release(Instants.FromSql(releasedAt), LicenseWords.Releasers.FromSql("licenses.released_by", row.GetString(first + ReleasedBy.Position)))
            : null,
        Revocation = row.GetInt64OrNull(first + RevokedAt.Position) is { } revokedAt
            ? new Revocation(Instants.FromSql(revokedAt), row.GetString(first + RevokeReason.Position))
            : null,
        Generation = row.GetInt32(first + Generation.Position),
        UnboundGeneration = row.GetInt32(first + UnboundGeneration.Position),
        CodeIssuedAt = Instants.FromSql(row.GetInt64(first + CodeIssuedAt.Position)),
        LastEventAt = Instants.FromSql(row.GetInt64(first + LastEventAt.Position)),
        RecordedState = LicenseWords.States.FromSql("licenses.state", row.GetString(first + State.Position)),
        Version = row.GetInt64(first + Version.Position),
    };

    private static Column Add(string name, ChangedBy changedBy, Func<License, SqlValue> value)
    {
        var column = new Column(Table.Count, name, changedBy, value);
        Table.Add(column);
        return column;
    }

    private static string UpdateOf(Column[] columns) =>
        $"UPDATE licenses SET {string.Join(", ", columns.Select(static column => $"{column.Name} = @{column.Name}"))} "
        + $"WHERE {Id.Name} = @{Id.Name} AND {Version.Name} = @expected_version";

    private static SqlValue[] UpdateValues(Column[] columns, License license, long expectedVersion)
    {
        var values = ValuesOf(columns, license, columns.Length + 2);
        values[^2] = license.Id;
        values[^1] = expectedVersion;
        return values;
    }

    private static SqlValue[] ValuesOf(Column[] columns, License license, int length)
    {
        var values = new SqlValue[length];
        for (var i = 0; i < columns.Length; i++)
        {
            values[i] = columns[i].Value(license);
        }

        return values;
    }

    private static Hold? ReadHold(Row row, int since, int reason) => row.GetInt64OrNull(since) is { } instant
        ? new Hold(Instants.FromSql(instant), row.GetString(reason))
        : null;

    private static string? WriteExpiries(ImmutableArray<DateTimeOffset> expiries) => expiries.IsEmpty
        ? null
        : "[" + string.Join(',', expiries.Select(expiry => Instants.ToSql(expiry).ToString(CultureInfo.InvariantCulture))) + "]";

    private static ImmutableArray<DateTimeOffset> ReadExpiries(string? text) => text is null
        ? []
        : [.. text.Trim('[', ']').Split(',').Select(part => Instants.FromSql(long.Parse(part, CultureInfo.InvariantCulture)))];

    private sealed record Column(int Position, string Name, ChangedBy ChangedBy, Func<License, SqlValue> Value);
}
