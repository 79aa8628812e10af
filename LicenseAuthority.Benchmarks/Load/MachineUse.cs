using System.Globalization;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What all cores together did, in units of the kernel's clock or, as a difference, in shares. Zero where there is no /proc.</summary>
/// <param name="Busy">Working.</param>
/// <param name="Idle">Nothing to do, or waiting for the disk.</param>
/// <param name="Steal">Taken away by the host of this virtual machine.</param>
internal readonly record struct MachineUse(double Busy, double Idle, double Steal)
{
    /// <summary>The counters since the machine was started.</summary>
    public static MachineUse Now()
    {
        if (!File.Exists("/proc/stat"))
        {
            return default;
        }

        // cpu user nice system idle iowait irq softirq steal …
        var counters = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1).Select(counter => double.Parse(counter, CultureInfo.InvariantCulture)).ToArray();
        return new MachineUse(counters[0] + counters[1] + counters[2] + counters[5] + counters[6], counters[3] + counters[4], counters[7]);
    }

    /// <summary>The shares since an earlier reading, from 0 to 1.</summary>
    public MachineUse Since(MachineUse earlier)
    {
        var all = Busy + Idle + Steal - earlier.Busy - earlier.Idle - earlier.Steal;
        return all <= 0
            ? default
            : new MachineUse((Busy - earlier.Busy) / all, (Idle - earlier.Idle) / all, (Steal - earlier.Steal) / all);
    }

    /// <inheritdoc/>
    public override string ToString() => $"idle {Idle:P0}, stolen {Steal:P1}";
}
