using System.Buffers.Binary;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Storage;

internal sealed class SqliteCheckpointerTests : StorageFixture
{
    private const int PageSize = 4_096;

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Writes_WithoutAPause_TheLogStartsAgainAndNothingIsLost(CancellationToken cancellationToken)
    {
        await using var database = Open(limits: new SqliteWriterLimits { PagesBetweenCheckpoints = 20, LongLogPages = 100 });

        long written = 0;
        while (TimesStarted() < 3)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var first = written;
            await Task.WhenAll(Enumerable.Range(1, 8).Select(i => database.Writer.RunAsync(session => Insert(session, first + i), cancellationToken: cancellationToken)));
            written += 8;
        }

        Assert.That(StoredIds(database), Is.EqualTo(Enumerable.Range(1, (int)written).Select(static id => (long)id)));
        using var foreign = OpenForeignConnection();
        Assert.That(Scalar(foreign, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(Patience.Milliseconds)]
    public async Task Log_WhileItIsShort_IsBroughtOverAsWell(CancellationToken cancellationToken)
    {
        await using var database = Open(limits: new SqliteWriterLimits { PagesBetweenCheckpoints = 20 });
        var empty = new FileInfo(DatabasePath).Length;

        long written = 0;
        while (new FileInfo(DatabasePath).Length < empty + (10 * PageSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var id = ++written;
            await database.Writer.RunAsync(
                session => session.Prepared(InsertItem).Bind(id, $"item {id}", new byte[PageSize]).Execute(), cancellationToken: cancellationToken);
        }

        Assert.That(StoredIds(database), Has.Count.EqualTo(written));
    }

    // The header of the log counts how often it was begun anew. https://www.sqlite.org/fileformat2.html#walformat
    private uint TimesStarted()
    {
        using var log = new FileStream(DatabasePath + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[16];
        return log.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length ? 0 : BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
    }
}
