namespace LicenseAuthority.Benchmarks.Load;

/// <summary>A server to be driven.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Ports">Where it listens on 127.0.0.1; several are several nodes, among which connections are dealt out.</param>
/// <param name="Cpu">Reads the CPU time that it has used so far, that of a database server of its own included.</param>
/// <param name="NewRequests">Makes the requests of one more connection.</param>
/// <param name="Success">Stands in the body of an answer that counts; every other answer is a failure.</param>
/// <param name="Commits">Reads how many COMMITs it has made; null when it stores nothing.</param>
internal sealed record LoadTarget(
    string Name, IReadOnlyList<int> Ports, Func<TimeSpan> Cpu, Func<RequestWriter> NewRequests, byte[] Success, Func<long>? Commits = null);
