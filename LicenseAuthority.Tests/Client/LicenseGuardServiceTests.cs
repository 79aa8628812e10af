using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>A guard and the real service, over HTTP: a vendor's whole day.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class LicenseGuardServiceTests : IAsyncDisposable
{
    private readonly string _folder = TestFolder.Create("license-guard-");
    private readonly List<HttpClient> _clients = [];
    private LicenseAuthorityApplication _app = null!;
    private Uri _service = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _app = await LicenseAuthorityApplication.StartAsync();
        _service = _app.Client.BaseAddress!;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Refresh_AfterARevocation_IsRefusedAndStaysSoWithoutANetwork()
    {
        var license = await SoldLicense.BuyAsync(_app);
        using (var guard = Open())
        {
            Assert.That(guard.Install(license.FirstCode).IsValid, Is.True);
            await license.CommandAsync("revoke");
            await _app.PublishListsAsync();
            Assert.That((await guard.RefreshAsync()).Problem, Is.Null);
            Assert.That(guard.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));
        }

        await _app.StopAsync();
        using var offline = Open();
        Assert.That((await offline.RefreshAsync()).Problem, Is.EqualTo("unreachable"));
        Assert.That(offline.Current.Outcome, Is.EqualTo(LicenseOutcome.Revoked));
        Assert.That(offline.Notices.Select(notice => notice.Kind), Does.Contain(LicenseNoticeKind.RefreshFailing));
    }

    [Test]
    public async Task Refresh_AfterARenewal_HasTheNewTerm()
    {
        var license = await SoldLicense.BuyAsync(_app);
        using var guard = Open();
        guard.Install(license.FirstCode);
        var end = _app.Time.GetUtcNow() + TimeSpan.FromDays(100);
        await license.RefreshAsync(end);

        Assert.That((await guard.RefreshAsync()).Succeeded, Is.True);
        Assert.That(guard.Current.License!.ExpiresAt, Is.EqualTo(end));
    }

    [Test]
    public async Task Activate_ThenRefreshAndDeactivate_TakesAndGivesOnePlace()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using var guard = Open("board 1");
        guard.Install(license.FirstCode);

        Assert.That((await guard.ActivateAsync()).Problem, Is.Null);
        Assert.That(guard.Current.License!.DeviceIds, Has.Count.EqualTo(1));
        Assert.That((await guard.ActivateAsync()).Succeeded, Is.True, "the same device takes no second place");
        Assert.That((await guard.RefreshAsync()).Succeeded, Is.True);

        using var second = Open("board 2", "second");
        var refused = await second.ActivateAsync(license.FirstCode);
        Assert.That(refused.Problem, Is.EqualTo("no-seat-left"));
        Assert.That(second.Current.License, Is.Null);

        Assert.That((await guard.DeactivateAsync()).Problem, Is.Null);
        Assert.That(guard.Current.License!.DeviceIds, Is.Empty);
        Assert.That((await second.ActivateAsync(license.FirstCode)).Problem, Is.Null);
    }

    // The board was replaced: nobody has to call anybody.
    [Test]
    public async Task Activate_TheDeviceWasRepaired_FreesItsOwnPlaceFirst()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using (var guard = Open("board 1"))
        {
            guard.Install(license.FirstCode);
            Assert.That((await guard.ActivateAsync()).Succeeded, Is.True);
        }

        using var repaired = Open("board 2");
        Assert.That(repaired.Current.License!.DeviceIds, Is.Empty, "the device's own code does not fit any more");
        Assert.That((await repaired.ActivateAsync()).Problem, Is.Null);
        Assert.That(repaired.Current.License!.DeviceIds, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task CreateActivationRequest_ByFile_GivesTheDeviceItsCode()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using var guard = Open("board \"1\" 主板");
        guard.Install(license.FirstCode);
        var request = guard.CreateActivationRequest();

        using var content = new StringContent(request, Encoding.UTF8, "application/json");
        using var response = await _app.Client.PostAsync(new Uri("/licensee/v1/activations?format=lic", UriKind.Relative), content);
        var file = await response.Content.ReadAsStringAsync();

        Assert.That(guard.Install(file).IsValid, Is.True, file);
        Assert.That(guard.Current.License!.DeviceIds, Has.Count.EqualTo(1));
        Assert.That((await guard.DeactivateAsync()).Problem, Is.Null, "also without the id, which is in the file's name only");
    }

    [Test]
    public async Task ReleaseOnDispose_GivesThePlaceToTheNext()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        for (var session = 1; session <= 10; session++)
        {
            using var guard = Open($"board {session}", $"session {session}", options => (options.ReleaseOnDispose, options.Lease) = (true, TimeSpan.FromHours(1)));
            Assert.That((await guard.ActivateAsync(license.FirstCode)).Problem, Is.Null, $"session {session}");
            Assert.That(guard.Current.IsValid, Is.True);
        }
    }

    [Test]
    public async Task Refresh_ALease_IsProlonged()
    {
        var license = await SoldLicense.BuyPlacesAsync(_app, 1);
        using var guard = Open("board 1", change: options => options.Lease = TimeSpan.FromHours(1));
        Assert.That((await guard.ActivateAsync(license.FirstCode)).Problem, Is.Null);
        var first = guard.Current.License!.ExpiresAt;
        _app.Time.Advance(TimeSpan.FromMinutes(45));

        Assert.That((await guard.RefreshAsync()).Succeeded, Is.True);
        Assert.That(guard.Current.License!.ExpiresAt, Is.GreaterThan(first!.Value));
        Assert.That((await guard.DeactivateAsync()).Problem, Is.Null, "the place is the same");
    }

    private LicenseGuard Open(string? fingerprint = null, string name = "store", Action<LicenseGuardOptions>? change = null)
    {
        var client = new HttpClient(new ToService(_service));
        _clients.Add(client);
        var options = new LicenseGuardOptions("demo-product", [.. LicenseAuthorityApplication.RootLines])
        {
            StoreDirectory = Path.Combine(_folder, name),
            Online = false,
            HttpClient = client,
            DeviceFingerprints = fingerprint is null ? null : [fingerprint],
            Verifier = new LicenseVerifierOptions { TimeProvider = _app.Time },
        };
        change?.Invoke(options);
        return LicenseGuard.Open(options);
    }

    // What a name server does: the public address of the service leads to where it listens.
    private sealed class ToService(Uri service) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asked = request.RequestUri!;
            request.RequestUri = new Uri(service, asked.PathAndQuery);
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            finally
            {
                request.RequestUri = asked;
            }
        }
    }
}
