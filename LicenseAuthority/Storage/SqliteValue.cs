namespace LicenseAuthority.Storage;

/// <summary>A parameter of a prepared statement. Converts by itself from what SQLite stores, without boxing.</summary>
internal readonly struct SqliteValue
{
    private SqliteValue(SqliteValueKind kind, long number, object? reference)
    {
        Kind = kind;
        Number = number;
        Reference = reference;
    }

    /// <summary>SQL NULL, for a literal; a null variable of any type converts by itself.</summary>
    public static SqliteValue Null => default;

    internal SqliteValueKind Kind { get; }

    internal long Number { get; }

    internal object? Reference { get; }

    public static implicit operator SqliteValue(long value)
    {
        return new SqliteValue(SqliteValueKind.Integer, value, null);
    }

    public static implicit operator SqliteValue(long? value)
    {
        return value is { } number ? number : Null;
    }

    /// <summary>Stored as 1 or 0.</summary>
    public static implicit operator SqliteValue(bool value)
    {
        return new SqliteValue(SqliteValueKind.Integer, value ? 1 : 0, null);
    }

    public static implicit operator SqliteValue(bool? value)
    {
        return value is { } flag ? flag : Null;
    }

    public static implicit operator SqliteValue(string? value)
    {
        return value is null ? Null : new SqliteValue(SqliteValueKind.Text, 0, value);
    }

    /// <summary>The bytes are copied when they are bound, not before.</summary>
    public static implicit operator SqliteValue(byte[]? value)
    {
        return value is null ? Null : new SqliteValue(SqliteValueKind.Blob, 0, value);
    }
}
