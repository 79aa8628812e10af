using System.Diagnostics;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>How long the disk takes to flush what a small batch writes.</summary>
internal sealed class DiskFloor : IDisposable
{
    private const int PageSize = 4096;
    private const int PagesPerWrite = 8;
    private const int FilePages = 1024;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _file;
    private readonly byte[] _pages = new byte[PageSize * PagesPerWrite];

    /// <summary>Makes a file as long as a write-ahead log becomes.</summary>
    public DiskFloor(WorkFolder folder)
    {
        _file = File.OpenHandle(folder.PathOf("disk"), FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.Write(_file, new byte[PageSize * FilePages], 0);
        RandomAccess.FlushToDisk(_file);
    }

    /// <summary>Median and 99th percentile of a write with its flush, in µs.</summary>
    public (double Median, double Slow) Measure()
    {
        var times = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        for (var page = 0; Stopwatch.GetElapsedTime(begin) < Duration; page = (page + PagesPerWrite) % FilePages)
        {
            Random.Shared.NextBytes(_pages);
            var startedAt = Stopwatch.GetTimestamp();
            RandomAccess.Write(_file, _pages, (long)page * PageSize);
            RandomAccess.FlushToDisk(_file);
            times.Add(Stopwatch.GetElapsedTime(startedAt).TotalMicroseconds);
        }

        times.Sort();
        return (times[times.Count / 2], times[times.Count * 99 / 100]);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
