namespace LicenseAuthority.Tests.Support;

/// <summary>Tests of two nodes on one PostgreSQL database, and an open API that both call. New for each test.</summary>
internal abstract class TwoNodesTests(params string[] settings)
{
    protected OpenApiServer OpenApi { get; private set; } = null!;

    protected LicenseAuthorityApplication One { get; private set; } = null!;

    protected LicenseAuthorityApplication Other { get; private set; } = null!;

    [SetUp]
    public async Task Start()
    {
        OpenApi = await OpenApiServer.StartAsync();
        string[] all = ["Expiry:Enabled=false", .. settings, .. OpenApi.Settings];
        One = await LicenseAuthorityApplication.StartAsync(all);
        Other = await LicenseAuthorityApplication.StartAsync(all, beside: One);
        OpenApi.Follow(One.Time);
    }

    [TearDown]
    public async Task Stop()
    {
        await Other.DisposeAsync();
        await One.DisposeAsync();
        await OpenApi.DisposeAsync();
    }
}
