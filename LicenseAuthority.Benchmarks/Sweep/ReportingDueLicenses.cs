using System.Diagnostics;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Benchmarks.Sweep;

/// <summary>Notes the memory of the process each time another part of the licenses is settled.</summary>
internal sealed class ReportingDueLicenses(IDueLicenses inner, int part) : IDueLicenses
{
    private int _settled;

    /// <summary>Resident memory in MB after each part.</summary>
    public List<double> Megabytes { get; } = [];

    /// <inheritdoc/>
    public async Task<(int Settled, DueCursor? Next)> SettleBatchAsync(DateTimeOffset now, DueCursor after, CancellationToken cancellationToken)
    {
        var batch = await inner.SettleBatchAsync(now, after, cancellationToken);
        _settled += batch.Settled;
        if (_settled / part > Megabytes.Count)
        {
            using var process = Process.GetCurrentProcess();
            Megabytes.Add(process.WorkingSet64 / 1e6);
        }

        return batch;
    }

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) => inner.FindOldestDueAsync(cancellationToken);
}
