using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>The current row of a PostgreSQL result. The driver refuses NULL and other types by itself.</summary>
internal sealed class PostgresRow(NpgsqlDataReader reader) : Row
{
    public override bool IsNull(int column) => reader.IsDBNull(column);

    public override long GetInt64(int column) => reader.GetInt64(column);

    public override bool GetBoolean(int column) => reader.GetBoolean(column);

    public override string GetString(int column) => reader.GetString(column);

    public override byte[] GetBytes(int column) => reader.GetFieldValue<byte[]>(column);
}
