using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Simulation;

/// <summary>The marketplace in a box: its scenarios at a service of its own and at one that runs, and that it sees what is not as it must be.</summary>
[OnEveryDatabase]
internal sealed class SimulateTests
{
    private const string ProductId = "SIMULATEDPRODUCT0001";

    private static readonly string[] Misread = TestDatabases.IsCi ? ["v1", "v2"] : ["v1"];

    private static readonly bool[] Paces = TestDatabases.IsCi ? [false, true] : [false];

    // The whole of a scenario goes for seconds: elsewhere than in CI each is played once.
    [Test]
    public async Task Scenario_AtAServiceOfItsOwn_HasNoDeviation(
        [Values("v1", "joint-1.0", "v2", "authorization-code")] string scenario, [ValueSource(nameof(Paces))] bool timeLapse)
    {
        var run = await SimulateCommandRun.RunAsync(timeLapse ? [scenario, "--time-lapse"] : [scenario]);

        run.AssertNoDeviations(least: 300);
    }

    // What is written like a setting is one, be it near to an option.
    [Test]
    [InCi("three scenarios are played")]
    public async Task Scenario_WithSettingsOfItsService_GoesByThem()
    {
        (await SimulateCommandRun.RunAsync("joint-1.0", "--product-id", "OFFI2")).AssertNoDeviations(least: 300);

        string[] product = ["--Products:0:Id", "editor", "--Products:0:MarketplaceProductIds:0", "OFFI1"];
        var plain = await SimulateCommandRun.RunAsync(["v1", .. product]);
        var tolerant = await SimulateCommandRun.RunAsync(["v1", .. product, "--Products:0:ExpiryTolerance=30.00:00:00"]);

        plain.AssertNoDeviations(least: 300);
        Assert.That(tolerant.Deviations, Has.Some.StartsWith("! getLicense: an order"), "its codes end a month later");
    }

    // Beijing time for UTC: everything is answered with success, and ends 8 hours early.
    [TestCaseSource(nameof(Misread))]
    public async Task Scenario_ServiceThatMisreadsTimes_IsSeen(string scenario)
    {
        var run = await SimulateCommandRun.RunAsync(scenario, "--Marketplace:ExpireTimeOffset", "08:00:00");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.ExitCode, Is.EqualTo(1));
            Assert.That(run.Deviations, Is.Not.Empty);
            Assert.That(run.Output.TrimEnd(), Does.Match(@"\n\d+ calls, [1-9]\d* deviations$"));
        }
    }

    [TestCase("v1")]
    [TestCase("joint-1.0")]
    public async Task Scenario_AtAServiceThatRuns_MakesTestLicensesAndTellsNobody(string scenario)
    {
        await using var app = await StartAsync();

        var run = await SimulateCommandRun.RunAsync(
            scenario, "--against", app.Addresses.First(), "--admin-key", LicenseAuthorityApplication.AdminKey, "--root-key", LicenseAuthorityApplication.RootLines[0]);

        run.AssertNoDeviations(least: 300);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await app.Admin.ListIdsAsync("licenses?test=true"), Is.Not.Empty);
            Assert.That(await app.Admin.ListIdsAsync("licenses"), Is.Empty, "nothing counts as sold");
            Assert.That(app.Query("SELECT COUNT(*) FROM conflicts").Single(), Is.Zero);
            Assert.That(app.Logs.Lines.Where(line => line.Level >= LogLevel.Error).Select(line => line.Message), Is.Empty);
        }
    }

    // The service calls back: it was started with the settings that are printed.
    [TestCase("v2")]
    [TestCase("authorization-code")]
    [InCi("whole scenarios are played")]
    public async Task Scenario_WithAnOpenApiAtAServiceThatRuns_MakesTestLicensesAndTellsNobody(string scenario)
    {
        var port = FreePort.Find();
        await using var app = await StartAsync(
            [
                .. SimulatedOpenApi.SettingsOf(FormattableString.Invariant($"http://127.0.0.1:{port}")),
                "Marketplace:AccessKeys:0=another-access-key",
                $"Marketplace:AccessKeys:1={LicenseAuthorityApplication.DemoAccessKey}",
            ]);

        var run = await SimulateCommandRun.RunAsync(
            scenario, "--against", app.Addresses.First(), "--admin-key", LicenseAuthorityApplication.AdminKey, "--root-key", LicenseAuthorityApplication.RootLines[0],
            "--open-api-port", port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        run.AssertNoDeviations(least: 400);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Output, Does.Contain($"Marketplace__OpenApi__Hosts__0=http://127.0.0.1:{port}").And.Contain("Marketplace__OpenApi__SecretAccessKey="));
            Assert.That(await app.Admin.ListIdsAsync("licenses"), Is.Empty, "nothing counts as sold");
            Assert.That(app.Query("SELECT COUNT(*) FROM conflicts").Single(), Is.Zero);
            Assert.That(app.Logs.Lines.Select(line => line.Message), Has.None.Contains("ALARM"));
        }
    }

    // The default account was asked first, and got the codes of the other one.
    [Test]
    [InCi("a whole scenario is played")]
    public async Task Scenario_AuthorizationCodeOfASecondAccount_IsThatAccounts()
    {
        var port = FreePort.Find();
        var url = FormattableString.Invariant($"http://127.0.0.1:{port}");
        await using var app = await StartAsync(
            [.. SimulatedOpenApi.SettingsOf(url), .. SimulatedOpenApi.SettingsOf(url, "shop"), "Marketplace:Accounts:shop:AccessKeys:0=key-of-shop"]);

        var run = await SimulateCommandRun.RunAsync(
            "authorization-code", "--against", $"{app.Addresses.First()}/marketplace/koogallery/shop", "--access-key", "key-of-shop",
            "--admin", app.Addresses.First(), "--admin-key", LicenseAuthorityApplication.AdminKey, "--root-key", LicenseAuthorityApplication.RootLines[0],
            "--open-api-port", port.ToString(System.Globalization.CultureInfo.InvariantCulture));

        run.AssertNoDeviations(least: 400);
        Assert.That(run.Output, Does.Contain("Marketplace__Accounts__shop__OpenApi__AccessKeyId=SIMULATEDAK000000001-shop").And.Contain("Marketplace__OpenApi__AccessKeyId="));
    }

    [Test]
    [InCi("a whole scenario is played")]
    public async Task Scenario_RealAtAServiceThatRuns_MakesLicensesThatCount()
    {
        await using var app = await StartAsync();

        var run = await SimulateCommandRun.RunAsync(
            "v1", "--against", $"{app.Addresses.First()}/marketplace/koogallery", "--admin-key", LicenseAuthorityApplication.AdminKey, "--real", "--yes");

        run.AssertNoDeviations(least: 300);
        Assert.That(await app.Admin.ListIdsAsync("licenses"), Is.Not.Empty);
    }

    [Test]
    public async Task Real_WithoutYes_IsRefusedBeforeAnythingIsCalled()
    {
        await using var app = await StartAsync();

        var run = await SimulateCommandRun.RunAsync("v1", "--against", app.Addresses.First(), "--real");

        run.AssertNotRun("Nothing was called yet", "--yes");
        Assert.That(await app.Admin.ListIdsAsync("licenses"), Is.Empty);
    }

    [Test]
    public async Task Against_ServiceWithAnotherKey_CannotBeRun()
    {
        await using var app = await StartAsync();

        var run = await SimulateCommandRun.RunAsync("v1", "--against", app.Addresses.First(), "--access-key", "hunter2-hunter2-hunter2");

        run.AssertNotRun("does not take the access key", "Simulate__AccessKey");
        Assert.That(run.Output + run.Error, Does.Not.Contain("hunter2"));
    }

    [Test]
    public async Task Against_ServiceThatDoesNotTakeTheAdminKey_CannotBeRun()
    {
        await using var app = await StartAsync();

        var run = await SimulateCommandRun.RunAsync("v1", "--against", app.Addresses.First(), "--admin-key", "hunter2-hunter2-hunter2");

        run.AssertNotRun("does not take the admin key (HTTP 401)", "Simulate__AdminKey");
        Assert.That(run.Output + run.Error, Does.Not.Contain("hunter2"));
    }

    [Test]
    public async Task Against_AddressWithoutThatAccount_CannotBeRun()
    {
        await using var app = await StartAsync();

        var run = await SimulateCommandRun.RunAsync("v1", "--against", $"{app.Addresses.First()}/marketplace/koogallery/nobody");

        run.AssertNotRun("no production address", "HTTP 404");
    }

    // A clock that goes by itself: what the simulator says of tomorrow must be tomorrow there too.
    private static Task<LicenseAuthorityApplication> StartAsync(params string[] settings) => LicenseAuthorityApplication.StartAsync(
        [.. LicenseAuthorityApplication.Product(0, "com.example.editor", ProductId), .. settings],
        static builder => builder.Services.Replace(ServiceDescriptor.Singleton(TimeProvider.System)));
}
