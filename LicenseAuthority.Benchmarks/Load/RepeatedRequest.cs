namespace LicenseAuthority.Benchmarks.Load;

/// <summary>The same request for ever.</summary>
internal sealed class RepeatedRequest(byte[] request) : RequestWriter
{
    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next() => request;
}
