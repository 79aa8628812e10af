namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Makes the requests of one connection, each as the bytes that go over the wire.</summary>
internal abstract class RequestWriter
{
    /// <summary>The next request; valid until the one after it.</summary>
    public abstract ReadOnlyMemory<byte> Next();
}
