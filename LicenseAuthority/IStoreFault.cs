namespace LicenseAuthority;

/// <summary>An exception that says that the store could not be used. While it is away, every call and every background service meets one, and it is one outage.</summary>
internal interface IStoreFault
{
    /// <summary>
    /// True: the log tells of the outage already, once for all that meet it, so whoever catches this says nothing of its cause again. Set where it is thrown.
    /// </summary>
    bool IsReported { get; }
}

internal static class StoreFaults
{
    /// <summary>Whether an exception is of an outage that the log tells of already.</summary>
    public static bool IsReported(Exception exception) => exception is IStoreFault { IsReported: true };
}
