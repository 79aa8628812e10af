using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation;

/// <summary>What a call must be answered with: its result code, and whatever else is said of it. Immutable.</summary>
internal sealed class Expectation
{
    private readonly string[] _resultCodes;
    private readonly IReadOnlyList<Fact> _facts;

    private Expectation(string[] resultCodes, IReadOnlyList<Fact> facts)
    {
        _resultCodes = resultCodes;
        _facts = facts;
    }

    /// <summary>Success.</summary>
    public static Expectation Success { get; } = Of("000000");

    /// <summary>The caller is not believed.</summary>
    public static Expectation Unauthenticated { get; } = Of("000001");

    /// <summary>One of these result codes.</summary>
    public static Expectation Of(params string[] resultCodes) => new(resultCodes, []);

    /// <summary>As text, for the table.</summary>
    public string Expected => string.Join(", ", _facts.Select(static fact => fact.Expected).Prepend(string.Join(" or ", _resultCodes)));

    /// <summary>Whether an answer may have this result code.</summary>
    public bool Takes(string? resultCode) => _resultCodes.Contains(resultCode, StringComparer.Ordinal);

    /// <summary>Something more: what must be seen, and what is seen in a reply; equal texts mean that it is so.</summary>
    public Expectation With(string expected, Func<Reply, string> observe) => new(_resultCodes, [.. _facts, new Fact(expected, observe)]);

    /// <summary>Any instance.</summary>
    public Expectation AnInstance() => With("an instance", static reply => string.IsNullOrEmpty(reply.InstanceId) ? "no instance" : "an instance");

    /// <summary>This instance.</summary>
    public Expectation Instance(string? instanceId) => With("same instance", reply => reply.InstanceId switch
    {
        null or "" => "no instance",
        var other => other == instanceId ? "same instance" : "another instance",
    });

    /// <summary>A license code that verifies.</summary>
    /// <param name="codes">Who says so.</param>
    /// <param name="test">Whether it must say that it is a test.</param>
    /// <param name="endsAt">Its end, in whole seconds; null = it has none.</param>
    public Expectation Code(CodeCheck codes, bool test, DateTimeOffset? endsAt) => With(codes.Expect(test, endsAt), reply => codes.Describe(reply.License));

    /// <summary>The license code of an earlier reply, byte for byte.</summary>
    public Expectation SameCode(Reply earlier) => With("same code", reply => reply.License switch
    {
        null or "" => "no code",
        var other => other == earlier.License ? "same code" : "another code",
    });

    /// <summary>What came, in the same words, and whether it is what was expected.</summary>
    public (string Got, bool IsMet) Observe(Reply reply)
    {
        if (reply.ResultCode is null)
        {
            return (string.Join(", ", reply.Faults), false);
        }

        if (!Takes(reply.ResultCode))
        {
            return (string.Join(", ", reply.Faults.Prepend($"{reply.ResultCode} ({reply.ResultMsg})")), false);
        }

        var seen = _facts.Select(fact => (fact.Expected, Got: fact.Observe(reply))).ToList();
        return (
            string.Join(", ", seen.Select(static fact => fact.Got).Prepend(reply.ResultCode).Concat(reply.Faults)),
            seen.TrueForAll(static fact => fact.Got == fact.Expected) && !reply.Faults.Any());
    }

    private sealed record Fact(string Expected, Func<Reply, string> Observe);
}
