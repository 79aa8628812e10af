namespace LicenseAuthority.Tests.Support;

/// <summary>A start outside Development: the least that it needs, and what it says when it is refused.</summary>
internal static class ProductionStart
{
    /// <summary>Settings with which it serves.</summary>
    public static readonly string[] Settings =
    [
        "environment=Production",
        "Marketplace:AccessKeys:0=an-access-key-of-production",
        $"Keys:Passphrase={KeyFiles.ProductionPassphrase}",
        .. LicenseAuthorityApplication.Product(0, "editor", "*"),
    ];

    /// <summary>The message with which a start with these settings is refused; it must be.</summary>
    public static async Task<string> RefusalAsync(string[] settings) =>
        (await Assert.ThrowsAsync<ConfigurationException>(async () =>
        {
            await using var app = await LicenseAuthorityApplication.StartAsync(settings, keys: KeyFiles.Production);
        }))!.Message;
}
