namespace LicenseAuthority.Storage;

/// <summary>A parameter of a statement, with the type of its column. Converts by itself from what is stored, without boxing.</summary>
internal readonly struct SqlValue
{
    private SqlValue(SqlValueKind kind, bool isNull, long number, object? reference)
    {
        Kind = kind;
        IsNull = isNull;
        Number = number;
        Reference = reference;
    }

    /// <summary>SQL NULL, for a literal; a null variable of any type converts by itself and keeps its type, which PostgreSQL asks for.</summary>
    public static SqlValue Null => new(SqlValueKind.Untyped, isNull: true, 0, null);

    internal SqlValueKind Kind { get; }

    internal bool IsNull { get; }

    /// <summary>The integer; of a boolean 1 or 0.</summary>
    internal long Number { get; }

    internal object? Reference { get; }

    public static implicit operator SqlValue(long value) => new(SqlValueKind.Integer, isNull: false, value, null);

    public static implicit operator SqlValue(long? value) => new(SqlValueKind.Integer, value is null, value.GetValueOrDefault(), null);

    public static implicit operator SqlValue(bool value) => new(SqlValueKind.Boolean, isNull: false, value ? 1 : 0, null);

    public static implicit operator SqlValue(bool? value) => new(SqlValueKind.Boolean, value is null, value is true ? 1 : 0, null);

    public static implicit operator SqlValue(string? value) => new(SqlValueKind.Text, value is null, 0, value);

    /// <summary>The bytes are copied when they are bound, not before.</summary>
    public static implicit operator SqlValue(byte[]? value) => new(SqlValueKind.Blob, value is null, 0, value);
}
