namespace LicenseAuthority.Simulation;

/// <summary>What a run came to: a line for each call, with what was expected and what came, and in the end how many were not as they should be.</summary>
/// <param name="output">Where it is printed, line by line, as the calls are made.</param>
internal sealed class CallTable(TextWriter output)
{
    /// <summary>So many lines there are.</summary>
    public int Calls { get; private set; }

    /// <summary>So many of them have something that was not expected.</summary>
    public int Deviations { get; private set; }

    /// <summary>Begins a part.</summary>
    /// <param name="title">What it shows.</param>
    public void Begin(string title)
    {
        output.WriteLine();
        output.WriteLine(title);
        WriteLine(" ", "call", "expected", "got");
    }

    /// <summary>Says something that is no call.</summary>
    public void Say(string line) => output.WriteLine(line);

    /// <summary>A line. One of which both sides differ is a deviation, and marked.</summary>
    public void Add(string call, string expected, string got) => Add(call, expected, got, deviates: expected != got);

    /// <summary>A line whose two sides may differ in words.</summary>
    public void Add(string call, string expected, string got, bool deviates)
    {
        Calls++;
        Deviations += deviates ? 1 : 0;
        WriteLine(deviates ? "!" : " ", call, expected, got);
    }

    /// <summary>The last line.</summary>
    public void End()
    {
        output.WriteLine();
        output.WriteLine(FormattableString.Invariant($"{Calls} calls, {Deviations} deviations"));
    }

    // Got may come from the service, and stands on one line all the same.
    private void WriteLine(string mark, string call, string expected, string got) => output.WriteLine($"{mark} {call,-62} {expected,-64} {got.ReplaceLineEndings(" ")}");
}
