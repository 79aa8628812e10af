using System.Net;
using System.Net.Http.Json;
using LicenseAuthority.Licensee;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>Many new codes at once, while the marketplace is slow: whoever does not need it must not wait for it.</summary>
[OnEveryDatabase]
internal sealed class CodeActivationShareTests : OpenApiTests
{
    // The pace lets five go out and ten wait for their turn. All others stood in the door, and a code that is known with them.
    [Test]
    [InCi("calls wait until the service gives them up")]
    public async Task Activate_ManyNewCodesAtASlowMarketplace_AKnownOneWaitsForNoneOfThem()
    {
        OpenApi.AddCode("PLKNOWN");
        var known = new Device(App, "a");
        await known.PlacedAsync("PLKNOWN");
        App.Time.Advance(TimeSpan.FromSeconds(2));
        var silence = new TaskCompletionSource();
        OpenApi.Meanwhile = () => silence.Task;

        var asking = Enumerable.Range(0, 60).Select(number => PostAsync(App, $"PLNEW{number:D5}")).ToList();
        var answers = await TakeAsync(asking, 45);
        var reply = await known.ActivateAsync("PLKNOWN").WaitAsync(Patience.Length);
        silence.SetResult();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers, Is.All.EqualTo((HttpStatusCode.TooManyRequests, "too-many-requests", TimeSpan.FromSeconds(2))));
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
        }
    }

    [Test]
    public async Task Activate_MarketplaceHasNoEnd_SoManyWaitAndTheOthersAreAnsweredAtOnce()
    {
        var marketplace = new SilentMarketplace();
        await using var app = await LicenseAuthorityApplication.StartAsync(
            Settings, builder => builder.Services.Replace(ServiceDescriptor.Singleton<IMarketplaceCodes>(marketplace)));
        var license = await SoldLicense.BuyAsync(app);

        var asking = Enumerable.Range(0, MarketplaceCodeDoor.MostAsking + 9).Select(number => PostAsync(app, $"PLNEW{number:D5}")).ToList();
        var answers = await TakeAsync(asking, 9);
        var placed = await new Device(app, "a").ActivateAsync(license.FirstCode).WaitAsync(Patience.Length);
        marketplace.Silence.SetResult();
        var last = await TakeAsync(asking, MarketplaceCodeDoor.MostAsking);
        var next = await PostAsync(app, "PLNEXT");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers, Is.All.EqualTo((HttpStatusCode.TooManyRequests, "too-many-requests", TimeSpan.FromSeconds(2))));
            Assert.That(placed.Status, Is.EqualTo(HttpStatusCode.OK), placed.ToString());
            Assert.That(last.Append(next), Is.All.EqualTo((HttpStatusCode.Gone, "code-over", (TimeSpan?)null)));
        }
    }

    // The first of them that end.
    private static async Task<List<(HttpStatusCode Status, string? Problem, TimeSpan? RetryAfter)>> TakeAsync(
        List<Task<(HttpStatusCode Status, string? Problem, TimeSpan? RetryAfter)>> asking, int count)
    {
        var answers = new List<(HttpStatusCode, string?, TimeSpan?)>();
        while (answers.Count < count)
        {
            var first = await Task.WhenAny(asking).WaitAsync(Patience.Length);
            asking.Remove(first);
            answers.Add(await first);
        }

        return answers;
    }

    private static async Task<(HttpStatusCode Status, string? Problem, TimeSpan? RetryAfter)> PostAsync(LicenseAuthorityApplication app, string code)
    {
        using var content = JsonContent.Create(new { code, product = Device.Product, device = new { fingerprint = "device " + code } });
        using var response = await app.Client.PostAsync(new Uri("/licensee/v1/activations", UriKind.Relative), content);
        return (response.StatusCode, (await AdminReply.ReadAsync(response)).Code, response.Headers.RetryAfter?.Delta);
    }

    private sealed class SilentMarketplace : IMarketplaceCodes
    {
        public TaskCompletionSource Silence { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<CodeHere> FindAsync(MarketplaceCode code, CancellationToken cancellationToken) => ValueTask.FromResult(new CodeHere(null, IsReleased: false));

        public async Task<CodeActivation> ActivateAsync(MarketplaceCode code, string product)
        {
            await Silence.Task;
            return new CodeActivation.Over();
        }
    }
}
