namespace LicenseAuthority.Benchmarks.Load;

/// <summary>One measurement.</summary>
/// <param name="Connections">Keep-alive connections.</param>
/// <param name="Rate">Answers per second.</param>
/// <param name="Median">Median time of an answer, in ms.</param>
/// <param name="Slow">99th percentile, in ms.</param>
/// <param name="Slowest">The longest, in ms.</param>
/// <param name="CpuPerRequest">CPU of the server for one answer, in µs.</param>
/// <param name="Batch">Answers per COMMIT; NaN when the server stores nothing.</param>
/// <param name="Machine">What the whole machine did meanwhile.</param>
/// <param name="Others">Share of the machine that other programs took.</param>
/// <param name="Answers">Good answers.</param>
/// <param name="Orders">Those of them that were for a new order.</param>
/// <param name="Failures">Answers that were no success.</param>
/// <param name="FirstFailure">The first of those.</param>
/// <param name="LastAnswers">The newest answer of each connection, for a look at what was answered.</param>
/// <param name="PerSecond">Answers in each second.</param>
/// <param name="Kinds">The same for each kind of request, where they are shown apart.</param>
internal sealed record LoadSample(
    int Connections,
    double Rate,
    double Median,
    double Slow,
    double Slowest,
    double CpuPerRequest,
    double Batch,
    MachineUse Machine,
    double Others,
    long Answers,
    long Orders,
    long Failures,
    string? FirstFailure,
    IReadOnlyList<byte[]> LastAnswers,
    IReadOnlyList<int> PerSecond,
    IReadOnlyList<KindOfRequest> Kinds)
{
    /// <summary>The share of the machine that was there for client and server.</summary>
    public double Available => 1 - Others - Machine.Steal;
}

/// <summary>What one kind of request came to.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Answers">Good answers.</param>
/// <param name="Median">Median time of an answer, in ms.</param>
/// <param name="Slow">99th percentile, in ms.</param>
internal sealed record KindOfRequest(string Kind, long Answers, double Median, double Slow);
