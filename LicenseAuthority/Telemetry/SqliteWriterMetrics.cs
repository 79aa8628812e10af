using System.Diagnostics.Metrics;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Telemetry;

/// <summary>What the SQLite writer counts anyway, read whenever somebody collects.</summary>
internal sealed class SqliteWriterMetrics
{
    private static readonly int[] BatchBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    public SqliteWriterMetrics(IMeterFactory meters, SqliteDatabase database, TimeProvider time)
    {
        var writer = database.Writer;
        var meter = meters.Create(AuthorityTelemetry.Name);
        meter.CreateObservableCounter("license_authority.store.commits", () => writer.Commits, "{commit}", "Durable commits.");
        meter.CreateObservableCounter("license_authority.store.writes", () => writer.Items, "{write}", "Writes made durable. Divided by the commits: how many share one.");
        var batchSize = meter.CreateHistogram<int>(
            "license_authority.store.batch.size", "{write}", "Writes that shared a commit.", advice: new() { HistogramBucketBoundaries = BatchBounds });
        var queueTime = meter.CreateHistogram<double>(
            "license_authority.store.queue.time", "s", "What a write waited for its turn.", advice: new() { HistogramBucketBoundaries = AuthorityTelemetry.CallBounds });
        writer.Committed += batchSize.Record;
        writer.Begun += waited => queueTime.Record(waited.TotalSeconds);
        meter.CreateObservableCounter("license_authority.store.replays", () => writer.Replays, "{batch}", "Batches that failed and whose writes ran again one by one.");
        meter.CreateObservableUpDownCounter("license_authority.store.queue.length", () => writer.QueueLength, "{write}", "Writes that wait for their turn.");
        meter.CreateObservableGauge("license_authority.store.log.size", () => database.State.LogBytes ?? 0, "By", "Length of the write-ahead log's file.");
        meter.CreateObservableCounter(
            "license_authority.store.busy.time", () => (double)writer.BusyTicks / time.TimestampFrequency, "s", "Time that the writer spent writing, waiting for the disk included. Its rate is how busy it is: 1 is all it can do.");
    }
}
