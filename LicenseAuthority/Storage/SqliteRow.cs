using System.Text;
using SQLitePCL;

namespace LicenseAuthority.Storage;

/// <summary>
/// The current row of a prepared statement; columns are numbered from 0. Valid only inside the callback that gets it.
/// Strict where SQLite is not: NULL or another storage class than the one asked for is an error, not a silent 0.
/// </summary>
internal readonly ref struct SqliteRow
{
    private readonly sqlite3_stmt _statement;

    internal SqliteRow(sqlite3_stmt statement)
    {
        _statement = statement;
    }

    public bool IsNull(int column)
    {
        return raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;
    }

    public long GetInt64(int column)
    {
        Require(column, raw.SQLITE_INTEGER);
        return raw.sqlite3_column_int64(_statement, column);
    }

    public long? GetInt64OrNull(int column)
    {
        return IsNull(column) ? null : GetInt64(column);
    }

    public int GetInt32(int column)
    {
        return checked((int)GetInt64(column));
    }

    public bool GetBoolean(int column)
    {
        return GetInt64(column) != 0;
    }

    public string GetString(int column)
    {
        Require(column, raw.SQLITE_TEXT);
        // By its bytes, which for TEXT are UTF-8, and not as a C string: that would end at the first U+0000.
        return Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));
    }

    public string? GetStringOrNull(int column)
    {
        return IsNull(column) ? null : GetString(column);
    }

    public byte[] GetBytes(int column)
    {
        Require(column, raw.SQLITE_BLOB);
        return raw.sqlite3_column_blob(_statement, column).ToArray();
    }

    public byte[]? GetBytesOrNull(int column)
    {
        return IsNull(column) ? null : GetBytes(column);
    }

    private void Require(int column, int type)
    {
        var actual = raw.sqlite3_column_type(_statement, column);
        if (actual != type)
        {
            // The value itself stays out of the message: messages reach logs.
            throw new InvalidOperationException(
                $"Column {column} ('{raw.sqlite3_column_name(_statement, column).utf8_to_string()}') holds {NameOf(actual)}, not {NameOf(type)}.");
        }
    }

    private static string NameOf(int type)
    {
        return type switch
        {
            raw.SQLITE_INTEGER => "INTEGER",
            raw.SQLITE_FLOAT => "REAL",
            raw.SQLITE_TEXT => "TEXT",
            raw.SQLITE_BLOB => "BLOB",
            _ => "NULL or no such column",
        };
    }
}
