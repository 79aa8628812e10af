using System.Net;
using System.Net.Sockets;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LicenseAuthority.Tests.Simulation;

/// <summary>What keeps a scenario from being run: exit code 2, and the remedy in one line.</summary>
internal sealed class SimulateInputTests
{
    [TestCase("Required argument 'SCENARIO' missing")]
    [TestCase("no such scenario: did you mean v1? SCENARIO is one of v1, joint-1.0, v2, authorization-code, and", "v3")]
    [TestCase("no such scenario", "hunter2")]
    [TestCase("\"simulate\" has no option --aginst. Did you mean --against?", "v1", "--aginst", "http://localhost:5080")]
    [TestCase("There is no setting Expiry:Intervall (argument --Expiry:Intervall): did you mean Expiry:Interval?", "v1", "--Expiry:Intervall", "00:01:00")]
    [TestCase("--against must be an http or https address", "v1", "--against", "ftp://localhost")]
    [TestCase("--against must be an http or https address", "v1", "--against", "localhost")]
    [TestCase("--against must be an http or https address", "v1", "--against", "https://hunter2@license.example.com")]
    [TestCase("--against must be an https address", "v1", "--against", "http://license.example.com")]
    [TestCase("Nobody answers at http://127.0.0.1:9/marketplace/koogallery", "v1", "--against", "http://127.0.0.1:9")]
    [TestCase("--time-lapse goes without --against", "v1", "--against", "http://127.0.0.1:9", "--time-lapse")]
    [TestCase("--Expiry:Interval is a setting of the simulator's own service", "v1", "--against", "http://127.0.0.1:9", "--Expiry:Interval", "00:01:00")]
    [TestCase("Nothing was called yet", "v1", "--against", "http://127.0.0.1:9", "--real")]
    [TestCase("--real, --root-key and --admin go with --against", "v1", "--real", "--yes")]
    [TestCase("--real, --root-key and --admin go with --against", "v1", "--admin", "https://admin.example.com", "--admin-key", "hunter2")]
    [TestCase("--admin must be an https address", "v1", "--against", "http://127.0.0.1:9", "--admin", "http://admin.example.com")]
    [TestCase("--admin names a door that is opened by a key", "v1", "--against", "http://127.0.0.1:9", "--admin", "http://127.0.0.1:9")]
    [TestCase("--root-key: Root key 1 is not a usable root public key", "v1", "--against", "http://127.0.0.1:9", "--root-key", "nonsense")]
    [TestCase("has its own --Admin:Urls", "v1", "--Admin:Urls", "http://127.0.0.1:5081")]
    [TestCase("name a port of this machine with --open-api-port", "v2", "--against", "http://127.0.0.1:9")]
    [TestCase("takes a port from 1024 to 65535", "v2", "--open-api-port", "80")]
    [TestCase("takes a port from 1024 to 65535", "v2", "--open-api-port", "many")]
    [TestCase("has its own --urls", "v1", "--urls", "http://127.0.0.1:5080")]
    [TestCase("has its own --Keys:Directory", "v1", "--Keys:Directory", "keys")]
    [TestCase("has its own --Marketplace:AccessKeys:0", "v1", "--Marketplace:AccessKeys:0", "hunter2")]
    [TestCase("has a file of its own", "v1", "--Storage:ConnectionString", "Data Source=data/license-authority.db")]
    [TestCase("Name an empty PostgreSQL database", "v1", "--Storage:Provider", "Postgres")]
    [TestCase("cannot start: Outbox:KeepDelivered must be", "v1", "--Outbox:KeepDelivered", "00:00:01")]
    public async Task Simulate_WithWhatItCannotRun_EndsWith2AndTheRemedy(string told, params string[] arguments)
    {
        var run = await SimulateCommandRun.RunAsync(arguments);

        run.AssertNotRun(told);
        Assert.That(run.Output + run.Error, Does.Not.Contain("hunter2"));
    }

    // Hundreds of deviations had one cause, and where states were looked at an exception ended it.
    [TestCase("v1")]
    [TestCase("joint-1.0")]
    public async Task Simulate_ProductIsNotSoldThere_EndsAtTheFirstOrderWithTheRemedy(string scenario)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync([.. LicenseAuthorityApplication.Product(0, "editor", "OFFI1")]);

        var run = await SimulateCommandRun.RunAsync(scenario, "--against", app.Addresses.First(), "--admin-key", LicenseAuthorityApplication.AdminKey);

        run.AssertNotRun("The first order is answered 000002", "--product-id");
    }

    // It went on, and each of hundreds of lines deviated.
    [TestCase("v2")]
    [TestCase("authorization-code")]
    public async Task Simulate_ServiceAsksAnotherOpenApi_EndsWithTheSettingsBeforeTheFirstLine(string scenario)
    {
        await using var other = await OpenApiServer.StartAsync();
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", .. other.Settings]);
        var port = FreePort.Find().ToString(System.Globalization.CultureInfo.InvariantCulture);

        var run = await SimulateCommandRun.RunAsync(scenario, "--against", app.Addresses.First(), "--open-api-port", port);

        run.AssertNotRun("did not ask this open API", "run the same command again");
        Assert.That(run.Output, Does.Contain($"Marketplace__OpenApi__Hosts__0=http://127.0.0.1:{port}"));
    }

    [Test]
    public async Task Simulate_AdminDoorIsElsewhere_NamesTheOption()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

        var run = await SimulateCommandRun.RunAsync(
            "v1", "--against", app.Addresses.First(), "--admin", $"http://127.0.0.1:{FreePort.Find()}", "--admin-key", LicenseAuthorityApplication.AdminKey);

        run.AssertNotRun("Nobody answers at the admin door", "--admin");
    }

    [Test]
    public async Task Simulate_PortInUse_NamesTheOption()
    {
        using var listener = new TcpListener(IPAddress.Loopback, FreePort.Find());
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

        var run = await SimulateCommandRun.RunAsync("v2", "--open-api-port", port);

        run.AssertNotRun($"Port {port} is in use", "--open-api-port");
    }

    // Whatever answers there.
    [Test]
    public async Task Simulate_AtSomethingElse_SaysThatItIsNone()
    {
        await using var page = await HostileServer.StartAsync();
        page.Say("<html>hello</html>", type: "text/html");

        var run = await SimulateCommandRun.RunAsync("v1", "--against", page.Address);

        run.AssertNotRun("no production address");
    }

    [Test]
    public async Task Simulate_ServiceThatIsGoneMeanwhile_IsNotWaitedForWithEachCall()
    {
        await using var service = await HostileServer.StartAsync();
        service.Answer = context =>
        {
            if (service.Asked.Count == 1)
            {
                return context.Response.WriteAsync("""{"resultCode":"000002","resultMsg":"unknown activity"}""");
            }

            context.Abort();
            return Task.CompletedTask;
        };

        var run = await SimulateCommandRun.RunAsync("v1", "--against", service.Address);

        run.AssertNotRun("3 calls in a row were not answered");
        Assert.That(run.Output, Does.Contain("no answer: "));
    }
}
