using System.Runtime.InteropServices;

namespace LicenseAuthority.Clock;

/// <summary>
/// The time of this machine, with timestamps that count on while it sleeps: Linux's <c>CLOCK_BOOTTIME</c>. The framework's stand still meanwhile, and a
/// machine that wakes up would look like one whose clock was set.
/// </summary>
internal sealed class BootTime : TimeProvider
{
    private const int BootTimeClock = 7;

    private BootTime()
    {
    }

    /// <summary>It, or the framework's where there is none.</summary>
    public static TimeProvider OrSystem { get; } = TryRead(out _) ? new BootTime() : System;

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    public override long GetTimestamp() =>
        TryRead(out var timestamp) ? timestamp : throw new InvalidOperationException("The clock that was there at the start, CLOCK_BOOTTIME, is gone.");

    private static bool TryRead(out long nanoseconds)
    {
        nanoseconds = 0;
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            if (ReadClock(BootTimeClock, out var time) != 0)
            {
                return false;
            }

            nanoseconds = (time.Seconds * 1_000_000_000L) + time.Nanoseconds;
            return true;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    // No call into the kernel as a rule, and never one that waits: the runtime's book-keeping around a call would cost as much as the call.
    [DllImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static extern int ReadClock(int clock, out Timespec time);

    // Both fields have the width of a pointer, in each C library that .NET runs on.
    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
