namespace LicenseAuthority.Benchmarks.Load;

/// <summary>Makes the requests of one connection, each as the bytes that go over the wire.</summary>
internal abstract class RequestWriter
{
    /// <summary>The next request; valid until the one after it.</summary>
    public abstract ReadOnlyMemory<byte> Next();

    /// <summary>Whether the request that <see cref="Next"/> made last is for an order that was never sent before: its license must be found in the end.</summary>
    public virtual bool IsNewOrder => false;

    /// <summary>What the last request was, where the report shows kinds of requests apart; null = nothing is shown apart.</summary>
    public virtual string? Kind => null;

    /// <summary>What stands in the body of a successful answer to the last request; null = what the target says.</summary>
    public virtual byte[]? Success => null;

    /// <summary>Told of the successful answer to the last request.</summary>
    public virtual void Answered(ReadOnlySpan<byte> body)
    {
    }
}
