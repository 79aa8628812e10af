namespace LicenseAuthority.Storage;

/// <summary>
/// The current row of a statement; columns are numbered from 0. Valid only inside the callback that gets it. Strict: NULL or another type than the one
/// asked for is an error, never a silent 0.
/// </summary>
internal abstract class Row
{
    public abstract bool IsNull(int column);

    public abstract long GetInt64(int column);

    public abstract bool GetBoolean(int column);

    public abstract string GetString(int column);

    public abstract byte[] GetBytes(int column);

    public int GetInt32(int column) => checked((int)GetInt64(column));

    public long? GetInt64OrNull(int column) => IsNull(column) ? null : GetInt64(column);

    public string? GetStringOrNull(int column) => IsNull(column) ? null : GetString(column);

    public byte[]? GetBytesOrNull(int column) => IsNull(column) ? null : GetBytes(column);
}
