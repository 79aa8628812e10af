using LicenseAuthority.Clock;
using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Marketplaces.KooGallery.V2;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.V2;

/// <summary>What becomes of a body that does not come to its end: nobody here is at fault, and nothing is served.</summary>
internal sealed class V2GenerationTests
{
    private const string Key = "a-key";

    private readonly FakeTimeProvider _time = new(TestClock.Start);

    private static IEnumerable<Exception> Breaks() =>
    [
        new IOException("reset"), new BadHttpRequestException("too slow", StatusCodes.Status408RequestTimeout), new OperationCanceledException(),
        new Microsoft.AspNetCore.Connections.ConnectionAbortedException(), new Microsoft.AspNetCore.Connections.ConnectionResetException("reset"),
    ];

    [TestCaseSource(nameof(Breaks))]
    public async Task Read_BodyBreaksOff_IsABadCallAndNoFault(Exception exception)
    {
        using var http = new HttpClient();
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?" + new V2Caller(http, _time, Key).SignedQuery([]));
        context.Request.ContentLength = 100;
        context.Request.Body = new Breaking(exception);
        var account = new SellerAccount("default", "/", [new AccessKey("default", Key)], new OpenApiAccess([], null), new([]));
        var generation = new V2Generation(new AnsweredNonces(new NoNonces(), _time), new SteadyTime(_time, TimeSpan.Zero, NullLogger<SteadyTime>.Instance));

        var read = await generation.ReadAsync(context.Request, account, CancellationToken.None);

        Assert.That(read.Call, Is.Null);
        Assert.That(read.Refusal!.Code, Is.EqualTo(ResultCode.BadParameter));
    }

    private sealed class Breaking(Exception exception) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw exception;
    }

    private sealed class NoNonces : INonceStore
    {
        public ValueTask<EarlierAnswer?> FindAsync(CallNonce nonce, CancellationToken cancellationToken) => ValueTask.FromResult<EarlierAnswer?>(null);

        public Task<bool> DeleteOldAsync(DateTimeOffset now, TimeSpan within, CancellationToken cancellationToken) => Task.FromResult(false);
    }
}
