using System.Data.Common;

namespace LicenseAuthority.Storage;

/// <summary>The current row of a driver's reader. PostgreSQL's driver refuses NULL and other types by itself; on SQLite the tables do (<c>STRICT</c>).</summary>
internal sealed class ReaderRow(DbDataReader reader) : Row
{
    public override bool IsNull(int column) => reader.IsDBNull(column);

    public override long GetInt64(int column) => reader.GetInt64(column);

    public override bool GetBoolean(int column) => reader.GetBoolean(column);

    public override string GetString(int column) => reader.GetString(column);

    public override byte[] GetBytes(int column) => reader.GetFieldValue<byte[]>(column);
}
