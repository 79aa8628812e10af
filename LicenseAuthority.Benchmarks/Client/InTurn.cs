using System.Diagnostics;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>
/// Times two things in turn, many times, so that what the machine does meanwhile meets both. Medians: now and then something else has the core.
/// </summary>
/// <param name="share">Of the usual number of rounds.</param>
internal sealed class InTurn(double share)
{
    private const int Rounds = 3000;

    /// <summary>One of many runs in a row, of both.</summary>
    public Measurement Measure(Action run, Action floor, int inARow, int usualRounds = Rounds, Action? afterwards = null)
    {
        var rounds = Math.Max(10, (int)(usualRounds * share));
        var (times, floors, ratios) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = -rounds / 10; i < rounds; i++)
        {
            var (time, floorTime) = (TimeOf(run, inARow), TimeOf(floor, inARow));
            afterwards?.Invoke();
            if (i >= 0)
            {
                times.Add(time);
                floors.Add(floorTime);
                ratios.Add(time / floorTime);
            }
        }

        return new Measurement(Median(times), Median(floors), Median(ratios));
    }

    /// <summary>Bytes that one of many runs in a row allocates on its thread.</summary>
    public static double BytesOf(Action run, int inARow)
    {
        run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < inARow; i++)
        {
            run();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)inARow;
    }

    private static double TimeOf(Action run, int inARow)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < inARow; i++)
        {
            run();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / inARow;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
