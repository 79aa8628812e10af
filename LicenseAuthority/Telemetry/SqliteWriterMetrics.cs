using System.Diagnostics.Metrics;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Telemetry;

/// <summary>What only SQLite has, read whenever somebody collects: one writer, and its log.</summary>
internal sealed class SqliteWriterMetrics
{
    public SqliteWriterMetrics(IMeterFactory meters, SqliteDatabase database, TimeProvider time)
    {
        var writer = database.Writer;
        var meter = meters.Create(AuthorityTelemetry.Name);
        meter.CreateObservableGauge("license_authority.store.log.size", () => database.State.LogBytes ?? 0, "By", "Length of the write-ahead log's file.");
        meter.CreateObservableCounter(
            "license_authority.store.busy.time", () => (double)writer.BusyTicks / time.TimestampFrequency, "s", "Time that the writer spent writing, waiting for the disk included. Its rate is how busy it is: 1 is all it can do.");
    }
}
