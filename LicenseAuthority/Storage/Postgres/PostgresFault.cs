using Npgsql;

namespace LicenseAuthority.Storage.Postgres;

/// <summary>What an error of the driver means for the work that met it.</summary>
internal enum PostgresFault
{
    /// <summary>The work or the program is at fault: to run it again would give the same.</summary>
    None,

    /// <summary>Another transaction was in the way (deadlock, serialization failure). It was rolled back for certain; run it again.</summary>
    Conflict,

    /// <summary>The connection broke or the server went down. If COMMIT was on its way, nobody knows.</summary>
    ConnectionLost,

    /// <summary>No connection came free, or no answer came, in time.</summary>
    Timeout,

    /// <summary>The server cannot be reached, or takes no connections now.</summary>
    Unreachable,
}

internal static class PostgresFaults
{
    /// <summary>
    /// Whether a connection could not be opened because the server is away, starts, or has no connection left: it may come, while a wrong password
    /// stays wrong.
    /// </summary>
    public static bool IsAway(Exception exception) => exception switch
    {
        PostgresException => Of(exception) != PostgresFault.None,
        NpgsqlException => exception.InnerException is System.Net.Sockets.SocketException or System.IO.IOException or TimeoutException,
        _ => exception is System.Net.Sockets.SocketException or System.IO.IOException,
    };

    /// <summary>
    /// True if the server's disk or files are at fault: it is full, cannot be read, or is damaged (disk_full, class 58, data_corrupted,
    /// index_corrupted).
    /// </summary>
    public static bool IsOfTheDisk(PostgresException exception) => exception.SqlState is
        PostgresErrorCodes.DiskFull or ['5', '8', ..] or PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted;

    /// <summary>True if another transaction was in the way, for however long: the server is well.</summary>
    public static bool IsOfAnotherTransaction(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable
    };

    /// <summary>True if a lock did not come free in the time that the work wanted to wait for it.</summary>
    public static bool IsOfALock(Exception exception) => exception is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };

    /// <summary>Judges an exception that a command, a COMMIT or the opening of a connection threw.</summary>
    public static PostgresFault Of(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected } => PostgresFault.Conflict,
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable } => PostgresFault.Timeout,

        // The server starts or stops (class 57P), has no connections left or no memory (class 53), or speaks of a broken connection (class 08).
        PostgresException { SqlState: ['5', '7', 'P', ..] or ['0', '8', ..] } => PostgresFault.ConnectionLost,
        PostgresException { SqlState: ['5', '3', ..] } => PostgresFault.Unreachable,
        PostgresException => PostgresFault.None,
        NpgsqlException { InnerException: TimeoutException } => PostgresFault.Timeout,
        NpgsqlException => PostgresFault.ConnectionLost,
        System.IO.IOException or System.Net.Sockets.SocketException => PostgresFault.ConnectionLost,
        _ => PostgresFault.None,
    };
}
