using System.Diagnostics.Metrics;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Telemetry;

/// <summary>What a database counts anyway of writes that share a commit, read whenever somebody collects.</summary>
internal sealed class GroupCommitMetrics
{
    private static readonly int[] BatchBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    public GroupCommitMetrics(IMeterFactory meters, IGroupCommit commits)
    {
        var meter = meters.Create(AuthorityTelemetry.Name);
        meter.CreateObservableCounter("license_authority.store.commits", () => commits.Commits, "{commit}", "Durable commits.");
        meter.CreateObservableCounter("license_authority.store.writes", () => commits.Items, "{write}", "Writes made durable. Divided by the commits: how many share one.");
        var batchSize = meter.CreateHistogram<int>(
            "license_authority.store.batch.size", "{write}", "Writes that shared a commit.", advice: new() { HistogramBucketBoundaries = BatchBounds });
        var queueTime = meter.CreateHistogram<double>(
            "license_authority.store.queue.time", "s", "What a write waited for its turn.", advice: new() { HistogramBucketBoundaries = AuthorityTelemetry.CallBounds });
        commits.Committed += batchSize.Record;
        commits.Begun += waited => queueTime.Record(waited.TotalSeconds);
        meter.CreateObservableCounter("license_authority.store.replays", () => commits.Replays, "{batch}", "Batches that failed and whose writes ran again one by one.");
        meter.CreateObservableUpDownCounter("license_authority.store.queue.length", () => commits.QueueLength, "{write}", "Writes that wait for their turn.");
    }
}
