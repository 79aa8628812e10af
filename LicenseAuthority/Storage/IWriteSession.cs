namespace LicenseAuthority.Storage;

/// <summary>A session inside a transaction that writes. Reads on it see what it wrote.</summary>
internal interface IWriteSession : IReadSession
{
    /// <summary>
    /// True when this work ran before and nobody knows whether that COMMIT took place (its connection broke): what it finds may be its own doing.
    /// </summary>
    bool MayBeStoredAlready { get; }

    /// <summary>Runs one statement for each set of values; returns how many rows each changed.</summary>
    ValueTask<int[]> ExecuteEachAsync(string sql, IReadOnlyList<SqlValue[]> values);

    /// <summary>
    /// Says that what is enqueued from here on rests on nothing that was enqueued before: the same statements of several parts may run as one, as those of many
    /// licenses that are settled together.
    /// </summary>
    void BeginPart()
    {
    }

    /// <summary>
    /// Lets nobody else who asks for the same name go on before this transaction ends. For what no key of a table decides.
    /// </summary>
    void Lock(string name);
}
