using System.Text;
using SQLitePCL;

namespace LicenseAuthority.Storage.Sqlite;

/// <summary>The current row of an SQLite statement. SQLite itself would convert whatever it is asked for; this refuses.</summary>
internal sealed class SqliteRow : Row
{
    private readonly sqlite3_stmt _statement;

    internal SqliteRow(sqlite3_stmt statement)
    {
        _statement = statement;
    }

    public override bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public override long GetInt64(int column)
    {
        Require(column, raw.SQLITE_INTEGER);
        return raw.sqlite3_column_int64(_statement, column);
    }

    public override bool GetBoolean(int column) => GetInt64(column) != 0;

    public override string GetString(int column)
    {
        Require(column, raw.SQLITE_TEXT);
        // By its bytes, which for TEXT are UTF-8, and not as a C string: that would end at the first U+0000.
        return Encoding.UTF8.GetString(raw.sqlite3_column_blob(_statement, column));
    }

    public override byte[] GetBytes(int column)
    {
        Require(column, raw.SQLITE_BLOB);
        return raw.sqlite3_column_blob(_statement, column).ToArray();
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
