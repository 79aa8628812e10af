using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>What a newcomer sees at the first start.</summary>
internal sealed class DevelopmentBannerTests
{
    [Test]
    public async Task Print_NothingConfigured_ShowsWhatAFirstOrderNeeds()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Admin:BootstrapApiKey="]);

        var banner = Print(app);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(banner, Does.Contain($"address          {app.Client.BaseAddress!.GetLeftPart(UriPartial.Authority)}\n"), "the port that it really has");
            Assert.That(banner, Does.Contain(LicenseAuthorityApplication.RootLines.Single()));
            Assert.That(banner, Does.Contain(LicenseAuthorityApplication.DemoAccessKey));
        }

        // The printed admin key is the one that opens the door.
        var adminKey = banner.Split('\n').Single(line => line.Contains("admin API key", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
        using var response = await app.AdminAsync("/admin/v1/licenses/1", adminKey);
        Assert.That(response.StatusCode, Is.EqualTo(System.Net.HttpStatusCode.NotFound));
    }

    // The banner looked only at "urls", and named a port on which nothing listened.
    [Test]
    [InCi("services are started as processes")]
    public async Task Print_PortFromAnotherSetting_ShowsWhereItListens()
    {
        var folder = TestFolder.Create();
        try
        {
            using var service = ServiceProcess.Start(new Dictionary<string, string>
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_URLS"] = "",
                ["ASPNETCORE_HTTP_PORTS"] = "0",
                ["ASPNETCORE_CONTENTROOT"] = folder,
                ["PublicUrl"] = "http://localhost:5080",
            });

            var address = await service.ListeningAsync();
            await service.PrintedAsync("next  ");

            Assert.That(service.Output, Does.Contain($"address          http://localhost:{address.Port}\n"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task Print_GeneratedAdminKey_IsAnotherAtEveryStart()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Admin:BootstrapApiKey="]);
        var first = Print(app);

        await app.RestartAsync();

        Assert.That(Print(app), Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Print_KeysConfigured_ShowsNoneOfThem()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Marketplace:AccessKeys:0=an-access-key-of-mine"]);

        var banner = Print(app);

        Assert.That(banner, Does.Not.Contain("an-access-key-of-mine").And.Not.Contain(LicenseAuthorityApplication.AdminKey).And.Not.Contain(LicenseAuthorityApplication.DemoAccessKey));
        Assert.That(banner, Does.Contain("as configured (Marketplace:AccessKeys)").And.Contain("as configured (Admin:BootstrapApiKey)"));
    }

    private static string Print(LicenseAuthorityApplication app)
    {
        using var console = new StringWriter();
        DevelopmentBanner.Print(app.Services, console);
        return console.ToString();
    }
}
