using System.Diagnostics;
using System.Runtime.CompilerServices;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Benchmarks.Sweep;

/// <summary>Notes the memory of the process each time another part of the licenses is settled.</summary>
internal sealed class ReportingDueLicenses(IDueLicenses inner, int part) : IDueLicenses
{
    private int _settled;

    /// <summary>Resident memory in MB after each part.</summary>
    public List<double> Megabytes { get; } = [];

    /// <inheritdoc/>
    public async IAsyncEnumerable<int> SettleAsync(DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var some in inner.SettleAsync(now, cancellationToken))
        {
            _settled += some;
            if (_settled / part > Megabytes.Count)
            {
                using var process = Process.GetCurrentProcess();
                Megabytes.Add(process.WorkingSet64 / 1e6);
            }

            yield return some;
        }
    }

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) => inner.FindOldestDueAsync(cancellationToken);
}
