using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery;

/// <summary>Faults of ours: the marketplace gets 000005 and a number, the log gets the rest, nothing is half-stored, and the retry is served.</summary>
[OnEveryDatabase]
internal sealed class MarketplaceFaultTests
{
    private const string Secret = "a secret of the inner workings";

    [Test]
    [SqliteOnly("blocks the one writer; PostgresFaultTests say it for PostgreSQL")]
    public async Task GetLicense_WriterIsBlockedTooLong_IsBusy()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var known = await app.Marketplace.SendAsync(GetLicenseCall.For("CS0"));
        var rows = app.CountRows();
        MarketplaceReply reply;
        using (new WriterBlock(app.Writer))
        {
            var pending = app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
            app.WaitForQueuedWrites(1);

            // What was served before does not wait for the writer.
            Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS0"))).Body, Is.EqualTo(known.Body));

            app.Time.Advance(new SqliteWriterLimits().MaxQueueTime + TimeSpan.FromMilliseconds(1));
            reply = await pending;
        }

        AssertFault(app, reply, LogLevel.Warning);
        Assert.That(app.CountRows(), Is.EqualTo(rows));
        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    [SqliteOnly("blocks the one writer; PostgresFaultTests say it for PostgreSQL")]
    public async Task GetLicense_QueueIsFull_IsBusyAtOnce()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        await app.Marketplace.SendAsync(GetLicenseCall.For("CS0"));
        MarketplaceReply reply;
        List<Task<bool>> waiting;
        using (new WriterBlock(app.Writer))
        {
            waiting = [.. Enumerable.Range(0, new SqliteWriterLimits().QueueCapacity).Select(_ => app.Writer.RunAsync(static _ => true))];

            reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        }

        AssertFault(app, reply, LogLevel.Warning);
        Assert.That(await Task.WhenAll(waiting), Has.All.True);
        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    // Such as a copy tool or the sqlite3 shell.
    [Test]
    [SqliteOnly("blocks the one writer; PostgresFaultTests say it for PostgreSQL")]
    public async Task GetLicense_AnotherProgramHoldsTheDatabase_IsBusy()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        await app.Marketplace.SendAsync(GetLicenseCall.For("CS0"));
        MarketplaceReply reply;
        using (var connection = new SqliteConnection($"Data Source={app.DatabasePath};Pooling=False"))
        {
            connection.Open();
            using var transaction = connection.BeginTransaction();
            reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        }

        AssertFault(app, reply, LogLevel.Warning);
        Assert.That(reply.ResultMessage, Does.Not.Contain(app.Folder));
        Assert.That((await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"))).ResultCode, Is.EqualTo("000000"));
    }

    [Test]
    public async Task GetLicense_UnexpectedException_ShowsNoInternals()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            configure: builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(new Throwing(() => new InvalidOperationException(Secret)))));
        var rows = app.CountRows();

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        var line = AssertFault(app, reply, LogLevel.Error);
        Assert.That(line.Exception!.Message, Is.EqualTo(Secret));
        Assert.That(app.CountRows(), Is.EqualTo(WithOneTrace(rows)));
    }

    // An exception that means "cancelled" somewhere inside is a fault as well: the caller must get its answer.
    [Test]
    public async Task GetLicense_CancelledInside_IsAnswered()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            configure: builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(new Throwing(() => new OperationCanceledException(Secret)))));

        AssertFault(app, await app.Marketplace.SendAsync(GetLicenseCall.For("CS1")), LogLevel.Error);
    }

    // What licensed software would refuse must not leave: here the clock went behind the certificate of the key.
    [Test]
    public async Task GetLicense_CodeThatSoftwareWouldRefuse_IsAFaultAndStoresNothing()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync();
        var rows = app.CountRows();
        app.Time.SetUtcNow(LicenseAuthorityApplication.Now.AddYears(6));

        var reply = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1").With("expireTime", "20990101000000"));

        AssertFault(app, reply, LogLevel.Error);
        Assert.That(app.CountRows(), Is.EqualTo(WithOneTrace(rows)));
    }

    [Test]
    public async Task GetLicense_FaultOfACallWithAnotherKey_IsSignedWithThatKey()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Marketplace:AccessKeys:0=first", "Marketplace:AccessKeys:1=second"],
            builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(new Throwing(() => new InvalidOperationException(Secret)))));

        AssertFault(app, await app.CallerWith("second").SendAsync(GetLicenseCall.For("CS1")), LogLevel.Error);
    }

    // What UnservedOrderTests are about, and nothing else.
    private static string WithOneTrace(string rows) => rows.Replace("conflicts 0", "conflicts 1", StringComparison.Ordinal);

    private static RecordedLog AssertFault(LicenseAuthorityApplication app, MarketplaceReply reply, LogLevel level)
    {
        Assert.That(reply.ResultCode, Is.EqualTo("000005"), reply.ResultMessage);
        Assert.That(reply.ResultMessage, Does.Match("^internal error flt_[0-9A-Z]{26};"));
        Assert.That(reply.ResultMessage, Does.Not.Contain("xception").And.Not.Contain(Secret));
        Assert.That(reply.License, Is.Null);
        Assert.That(reply.InstanceId, Is.Null);
        var faultId = reply.ResultMessage.Split(' ', ';')[2];
        var line = app.Logs.Lines.Single(line =>
            line.Category == typeof(MarketplaceApi).FullName && line.Message.Contains(faultId, StringComparison.Ordinal));
        Assert.That(line.Level, Is.EqualTo(level));
        Assert.That(line.Message, Does.Contain("getLicense"));
        return line;
    }

    private sealed class Throwing(Func<Exception> create) : ILicenseSigner
    {
        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) => throw create();
    }
}
