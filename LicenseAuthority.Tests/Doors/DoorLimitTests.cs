using System.Net;
using System.Text;
using System.Threading.RateLimiting;
using LicenseAuthority.Licensee;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Doors;

/// <summary>What anybody may ask has a share of its own: what is beyond it is turned away, and the marketplace does not feel it.</summary>
internal sealed class DoorLimitTests
{
    // As many as the door of licensed software works on at once and lets wait.
    private const int Share = 16 + 240;

    // A code that names a license and a number, as everybody can make one.
    private static readonly string Code = TestCodes.Valid().Build();

    [Test]
    public async Task Licensee_MoreThanItsShareWaits_TheRestIsTurnedAwayAndTheMarketplaceIsServed()
    {
        var store = new SlowOrFailing { Until = new TaskCompletionSource() };
        await using var app = await StartAsync(store);

        var asked = Enumerable.Range(0, Share + 1).Select(_ => SoldLicense.FetchCodeAsync(app, Code)).ToList();
        var first = await Task.WhenAny(asked).WaitAsync(TimeSpan.FromMinutes(1));
        var refused = await first;
        using var jwks = await app.Client.GetAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));
        using var ready = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
        var order = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));
        var administered = await app.Admin.GetAsync("webhooks");
        store.Until.SetResult();
        asked.Remove(first);
        var answers = await Task.WhenAll(asked);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((refused.Status, refused.Code), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "busy")));
            Assert.That(jwks.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "the same door");
            Assert.That(jwks.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(order.ResultCode, Is.EqualTo("000000"), order.ResultMessage);
            Assert.That(administered.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answers.Select(answer => answer.Code), Has.All.EqualTo("unknown-code"), "who waited was served");
            Assert.That(store.MostAtOnce, Is.EqualTo(16));
        }
    }

    // Sixteen files that came slowly kept all licensed software out.
    [Test]
    public async Task Licensee_MoreUploadsThanTheirShare_OtherCallsAreServed()
    {
        const int AtOnce = 8 + MarketplaceCodeDoor.MostAsking;
        const int Uploads = AtOnce + 120;
        var store = new SlowOrFailing { Until = new TaskCompletionSource() };
        await using var app = await StartAsync(store);
        async Task<HttpStatusCode> UploadAsync()
        {
            using var body = new StringContent($$$"""{"code":"{{{Code}}}","product":"p","device":{"fingerprint":"f"}}""", Encoding.UTF8, "application/json");
            using var response = await app.Client.PostAsync(new Uri("/licensee/v1/activations", UriKind.Relative), body);
            return response.StatusCode;
        }

        var asked = Enumerable.Range(0, Uploads + 1).Select(_ => UploadAsync()).ToList();
        var first = await Task.WhenAny(asked).WaitAsync(TimeSpan.FromMinutes(1));
        using var jwks = await app.Client.GetAsync(new Uri("/.well-known/jwks.json", UriKind.Relative));
        store.Until.SetResult();
        await Task.WhenAll(asked);

        Assert.That((await first, jwks.StatusCode), Is.EqualTo((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK)));
        Assert.That(store.MostAtOnce, Is.LessThanOrEqualTo(AtOnce));
    }

    // A store that was away wrote a stack trace for each of its callers, whom nobody knows.
    [TestCase(false, "500 internal-error", LogLevel.Error)]
    [TestCase(true, "503 busy", LogLevel.Warning)]
    public async Task Licensee_StoreFails_IsLoggedOnceAMinuteWithTheirNumber(bool busy, string answer, LogLevel level)
    {
        var store = new SlowOrFailing { Fault = busy ? new StoreBusyException("full") : new IOException("the disk") };
        await using var app = await StartAsync(store);
        for (var i = 0; i < 20; i++)
        {
            var reply = await SoldLicense.FetchCodeAsync(app, Code);
            Assert.That($"{(int)reply.Status} {reply.Code}", Is.EqualTo(answer));
        }

        RecordedLog[] Told() => [.. app.Logs.Lines.Where(line => line.Level >= LogLevel.Warning)];
        Assert.That(Told(), Has.Length.EqualTo(1));
        Assert.That(Told()[0].Message, Does.StartWith("1 anonymous calls").And.Contain("/licensee/v1/refresh"));
        Assert.That(Told()[0].Level, Is.EqualTo(level));

        app.Time.Advance(TimeSpan.FromMinutes(1));
        await SoldLicense.FetchCodeAsync(app, Code);
        Assert.That(Told(), Has.Length.EqualTo(2));
        Assert.That(Told()[1].Message, Does.StartWith("20 anonymous calls"));
    }

    [Test]
    public async Task Marketplace_Fails_EachNumberIsLoggedAndOneStackTraceAMinute()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(
            ["Expiry:Enabled=false"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(new FailingSigner())));
        for (var i = 0; i < 20; i++)
        {
            var reply = await app.Marketplace.SendAsync(GetLicenseCall.For($"CS{i}"));
            var faultId = reply.ResultMessage.Split(' ', ';')[2];
            Assert.That(app.Logs.Lines.Count(line => line.Message.StartsWith(faultId, StringComparison.Ordinal)), Is.EqualTo(1));
        }

        Assert.That(app.Logs.Lines.Count(line => line.Exception is not null), Is.EqualTo(1));
        app.Time.Advance(TimeSpan.FromMinutes(1));
        await app.Marketplace.SendAsync(GetLicenseCall.For("CS-LATER"));
        Assert.That(app.Logs.Lines.Count(line => line.Exception is not null), Is.EqualTo(2));
    }

    // Thousands of calls whose bodies come slowly: those without a body have a share of their own.
    [TestCase("POST")]
    [TestCase("post")]
    public async Task Marketplace_MoreBodiesThanTheirShare_TheRestIsTurnedAwayAndCallsWithoutABodyAreServed(string method)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var limit = ActivatorUtilities.CreateInstance<MarketplaceLimit>(app.Services);
        using var limiter = PartitionedRateLimiter.Create<HttpContext, string>(limit.GetPartition);
        DefaultHttpContext Call(string method) => new() { Request = { Method = method }, Response = { Body = new MemoryStream() } };

        var leases = Enumerable.Range(0, 1000).Select(_ => limiter.AttemptAcquire(Call(method))).ToList();
        using var refused = limiter.AttemptAcquire(Call(method));
        using var get = limiter.AttemptAcquire(Call("GET"));
        var turnedAway = Call(method);
        await limit.OnRejected!(new OnRejectedContext { HttpContext = turnedAway, Lease = refused }, CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(leases.Select(lease => lease.IsAcquired), Has.All.True);
            Assert.That(refused.IsAcquired, Is.False);
            Assert.That(get.IsAcquired, Is.True);
            Assert.That(turnedAway.Response.StatusCode, Is.EqualTo(StatusCodes.Status200OK));
            Assert.That(turnedAway.Response.Headers.Keys, Does.Contain("Body-Sign"));
            Assert.That(Encoding.UTF8.GetString(((MemoryStream)turnedAway.Response.Body).ToArray()), Does.Contain("000005").And.Contain("busy"));
        }

        leases.ForEach(static lease => lease.Dispose());
    }

    private static Task<LicenseAuthorityApplication> StartAsync(SlowOrFailing store) => LicenseAuthorityApplication.StartAsync(
        ["Expiry:Enabled=false", "Licensee:UnknownCodesPerMinute=1000"], builder => builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseQueries>(store)));

    private sealed class FailingSigner : ILicenseSigner
    {
        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) => throw new InvalidOperationException("no key");
    }

    private sealed class SlowOrFailing : ILicenseQueries
    {
        private readonly Lock _gate = new();
        private int _atOnce;

        public TaskCompletionSource? Until { get; init; }

        public Exception? Fault { get; init; }

        public int MostAtOnce { get; private set; }

        public async ValueTask<IssuedCode?> FindByCodeAsync(string licenseId, int generation, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                MostAtOnce = Math.Max(MostAtOnce, ++_atOnce);
            }

            await (Until?.Task ?? Task.CompletedTask);
            lock (_gate)
            {
                _atOnce--;
            }

            return Fault is null ? null : throw Fault;
        }

        public ValueTask<LicenseRecord?> FindAsync(string licenseId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<ListedLicense>> ListAsync(
            LicenseFilter filter, LicenseCursor cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlySet<string>> ListKnownAsync(
            string account, IReadOnlyCollection<string> licenseIds, bool testOnly, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<EventRecord>?> ListEventsAsync(
            string licenseId, long afterEvent, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<ConflictRecord>> ListConflictsAsync(
            ConflictKind? kind, ConflictStatus status, bool testOrders, string? beforeId, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask<bool> HasUnservedOrdersAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
