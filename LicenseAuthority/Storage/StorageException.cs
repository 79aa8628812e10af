namespace LicenseAuthority.Storage;

/// <summary>
/// The store cannot be opened or used as it is configured or as the machine is. The message says what was being done and, where
/// an operator can do something, the setting and the remedy. Nothing of the failed write is stored.
/// </summary>
internal sealed class StorageException(string message, Exception? innerException = null) : OperatorException(message, innerException), IStoreFault
{
    /// <inheritdoc/>
    public bool IsReported { get; init; }
}
