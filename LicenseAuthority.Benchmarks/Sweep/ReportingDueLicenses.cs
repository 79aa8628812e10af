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
    public ValueTask<DueBatch?> FindDueAsync(DateTimeOffset now, DuePosition? after, CancellationToken cancellationToken) =>
        inner.FindDueAsync(now, after, cancellationToken);

    /// <inheritdoc/>
    public ISettledBatch Prepare(IReadOnlyList<LicenseCommit> commits) => new ReportingBatch(this, inner.Prepare(commits));

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> FindOldestDueAsync(CancellationToken cancellationToken) => inner.FindOldestDueAsync(cancellationToken);

    private void Note(int settled)
    {
        _settled += settled;
        if (_settled / part > Megabytes.Count)
        {
            using var process = Process.GetCurrentProcess();
            Megabytes.Add(process.WorkingSet64 / 1e6);
        }
    }

    private sealed class ReportingBatch(ReportingDueLicenses owner, ISettledBatch inner) : ISettledBatch
    {
        /// <inheritdoc/>
        public async Task<int?> StoreSomeAsync(CancellationToken cancellationToken)
        {
            var some = await inner.StoreSomeAsync(cancellationToken);
            owner.Note(some ?? 0);
            return some;
        }
    }
}
