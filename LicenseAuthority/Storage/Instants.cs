using System.Data;
using Dapper;

namespace LicenseAuthority.Storage;

/// <summary>Instants in SQL: integer milliseconds since the Unix epoch, UTC (docs/adr/0004).</summary>
internal static class Instants
{
    /// <summary>In <c>next_due_at</c>: never.</summary>
    public const long Never = long.MaxValue;

    public static long ToSql(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds();

    public static long? ToSql(DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds();

    public static DateTimeOffset FromSql(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? FromSql(long? milliseconds) =>
        milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;

    /// <summary>The same for the parameters and members that Dapper writes and reads.</summary>
    public sealed class Handler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        /// <inheritdoc/>
        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value)
        {
            parameter.DbType = DbType.Int64;
            parameter.Value = ToSql(value);
        }

        /// <inheritdoc/>
        public override DateTimeOffset Parse(object value) => FromSql((long)value);
    }
}
