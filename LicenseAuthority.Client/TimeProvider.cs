// What .NET 8 and later have. By hand for netstandard2.0: the package for it brings four more, and a host with many add-ins has one version of each for all of them.
#if !NET
using System.Diagnostics;

namespace LicenseAuthority.Client;

/// <summary>The part of .NET's type of this name that this library uses.</summary>
internal abstract class TimeProvider
{
    public static TimeProvider System { get; } = new SystemTime();

#pragma warning disable RS0030 // This is what the others take the time from.
    public virtual DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow;
#pragma warning restore RS0030

    public virtual long GetTimestamp() => Stopwatch.GetTimestamp();

    public virtual TimeSpan GetElapsedTime(long start) => TimeSpan.FromSeconds((Stopwatch.GetTimestamp() - start) / (double)Stopwatch.Frequency);

    public virtual ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new SystemTimer(new Timer(callback, state, dueTime, period));

    private sealed class SystemTime : TimeProvider;

    private sealed class SystemTimer(Timer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose() => timer.Dispose();
    }
}

/// <summary>The part of .NET's type of this name that this library uses.</summary>
internal interface ITimer : IDisposable
{
    bool Change(TimeSpan dueTime, TimeSpan period);
}
#endif
