using System.Text.Json;
using LicenseAuthority.Benchmarks.Figures;

namespace LicenseAuthority.Tests.Benchmarks;

/// <summary>The table of the benchmarks' report. What stands in it is measured by programs of their own, never by a test.</summary>
internal sealed class FigureTableTests
{
    private static readonly MeasuredMachine Machine = new(
        new DateTimeOffset(2026, 11, 28, 1, 2, 3, TimeSpan.Zero), 2, "A processor", "An OS", ".NET 10", "ext4", "orders: 2 runs of 6 s", TimeSpan.FromMinutes(12.5), 0.25, 0.011, 0.04);

    private static readonly Figure Met = new("orders", Unit.PerSecond, 8000) { Floor = 10_000, FloorIs = "the limit", Goal = Goal.RatioAtLeast(0.75), Note = "p50 7 ms" };
    private static readonly Figure Missed = new("start", Unit.Microseconds, 610_000) { Goal = Goal.AtMost(500_000) };
    private static readonly Figure WithoutGoal = new("a | b", Unit.Bytes, 12_345);
    private static readonly Figure Absent = Figure.NotMeasured("PostgreSQL", "no server\nis installed");

    [Test]
    public void Markdown_NamesTheMachine_AndHasARowForEachFigure()
    {
        const string Expected =
            """
            2026-11-28 01:02 UTC: 2 cores, A processor; An OS; .NET 10; databases on ext4.
            orders: 2 runs of 6 s; 12.5 minutes in all, idle 25 %, stolen 1 %; while orders were measured other programs took 4 %.

            | figure | measured | floor | ratio | goal | |
            |---|--:|--:|--:|---|---|
            | orders; floor: the limit | 8,000/s | 10,000/s | 0.80 | ratio at least 0.75 | met; p50 7 ms |
            | start | 610 ms |  |  | at most 500 ms | **missed** |
            | a \| b | 12,345 B |  |  |  |  |
            | PostgreSQL | not measured |  |  |  | no server is installed |

            """;

        Assert.That(new FigureTable(Machine, [Met, Missed, WithoutGoal, Absent]).ToMarkdown().ReplaceLineEndings("\n"), Is.EqualTo(Expected));
    }

    [Test]
    public void Json_SaysTheSame_WithAllDigits()
    {
        using var json = JsonDocument.Parse(new FigureTable(Machine, [Met, Missed, Absent]).ToJson());
        var (machine, figures) = (json.RootElement.GetProperty("machine"), json.RootElement.GetProperty("figures"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(machine.GetProperty("at").GetString(), Is.EqualTo("2026-11-28T01:02:03Z"));
            Assert.That(machine.GetProperty("stolen").GetDouble(), Is.EqualTo(0.011));
            Assert.That(figures[0].GetProperty("measured").GetDouble(), Is.EqualTo(8000));
            Assert.That(figures[0].GetProperty("ratio").GetDouble(), Is.EqualTo(0.8));
            Assert.That(figures[0].GetProperty("result").GetString(), Is.EqualTo("met"));
            Assert.That(figures[1].GetProperty("unit").GetString(), Is.EqualTo("µs"));
            Assert.That(figures[1].GetProperty("result").GetString(), Is.EqualTo("missed"));
            Assert.That(figures[2].GetProperty("measured").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(figures[2].GetProperty("result").ValueKind, Is.EqualTo(JsonValueKind.Null));
        }
    }

    // A server that answered nothing has percentiles that are no numbers.
    [Test]
    public void Figure_ThatIsNoNumber_MeetsNoGoal_AndIsNullInJson()
    {
        var figure = new Figure("p99", Unit.Microseconds, double.NaN) { Floor = 1, Goal = Goal.BeyondFloorAtMost(5000) };
        using var json = JsonDocument.Parse(new FigureTable(Machine, [figure]).ToJson());

        Assert.That(figure.IsMet, Is.False);
        Assert.That(json.RootElement.GetProperty("figures")[0].GetProperty("measured").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [TestCase(20_000, ExpectedResult = true)]
    [TestCase(20_001, ExpectedResult = false)]
    public bool? AtMost_IsMetAtItsLimit(double measured) => new Figure("x", Unit.Microseconds, measured) { Goal = Goal.AtMost(20_000) }.IsMet;

    [TestCase(20_000, ExpectedResult = true)]
    [TestCase(19_999, ExpectedResult = false)]
    public bool? AtLeast_IsMetAtItsLimit(double measured) => new Figure("x", Unit.PerSecond, measured) { Goal = Goal.AtLeast(20_000) }.IsMet;

    [TestCase(15, ExpectedResult = true)]
    [TestCase(16, ExpectedResult = false)]
    public bool? RatioAtMost_JudgesBesideTheFloor(double measured) => new Figure("x", Unit.PerSecond, measured) { Floor = 10, Goal = Goal.RatioAtMost(1.5) }.IsMet;

    [TestCase(15, ExpectedResult = true)]
    [TestCase(16, ExpectedResult = false)]
    public bool? BeyondFloorAtMost_JudgesBesideTheFloor(double measured) =>
        new Figure("x", Unit.Microseconds, measured) { Floor = 10, Goal = Goal.BeyondFloorAtMost(5) }.IsMet;

    [Test]
    public void Ratio_ThatWasMeasured_CountsAndNotThatOfTheMedians() =>
        Assert.That(new Figure("x", Unit.Microseconds, 13) { Floor = 10, Ratio = 1.19, Goal = Goal.RatioAtMost(1.2) }.IsMet, Is.True);

    [TestCase(0.25, "250 ns")]
    [TestCase(0, "0 µs")]
    [TestCase(12.34, "12.3 µs")]
    [TestCase(1_500, "1.5 ms")]
    [TestCase(2_000_000, "2 s")]
    public void Times_AreShownInAUnitThatIsEasyToRead(double microseconds, string expected) =>
        Assert.That(FigureText.Of(microseconds, Unit.Microseconds), Is.EqualTo(expected));
}
