using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Conflicts;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using LicenseAuthority.Webhooks;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Storage;

/// <summary>A word in the database that this program does not know is an error that names the column and the word, never some default.</summary>
[OnEveryDatabase]
internal sealed class StoredWordTests
{
    [TestCase("strife", null, ConflictStatus.Open, "conflicts.kind", "strife")]
    [TestCase("unserved", "shelved", null, "conflicts.resolution", "shelved")]
    public async Task ConflictOfAnUnknownWord_IsAnErrorThatNamesIt(string kind, string? resolution, ConflictStatus? list, string column, string word)
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        app.Change(
            $"""
            INSERT INTO conflicts (id, license_id, kind, at, actor, activity, reason, expire, resolution)
            VALUES ('cft_1', '{license.Id}', '{kind}', 0, 'marketplace', 'refreshLicense', 'a reason',
                CAST(0 AS {(TestDatabases.Current == TestDatabase.Postgres ? "boolean" : "integer")}),
                {(resolution is null ? "NULL" : $"'{resolution}'")})
            """);

        AssertNames(() => app.Services.GetRequiredService<ILicenseStore>().FindConflictAsync("cft_1", default).AsTask(), column, word);
        if (list is { } status)
        {
            AssertNames(() => app.Services.GetRequiredService<ILicenseQueries>().ListConflictsAsync(null, status, false, null, 10, default).AsTask(), column, word);
        }
    }

    // It was shown as it stood there.
    [Test]
    public async Task EventOfAnUnknownType_IsAnErrorThatNamesIt()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        app.Change("UPDATE events SET type = 'license.sold'");

        AssertNames(() => app.Services.GetRequiredService<ILicenseQueries>().ListEventsAsync(license.Id, 0, 10, default).AsTask(), "events.type", "license.sold");
    }

    [Test]
    public async Task WebhookOfAnUnknownEvent_IsAnErrorThatNamesIt()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", "Outbox:Enabled=false"]);
        var url = TestDatabases.Current == TestDatabase.Postgres ? "'\\x00'" : "x'00'";
        app.Change($"INSERT INTO webhooks (id, url, events, secret, created_at, created_by) VALUES ('whk_1', 'https://example.com/', 'license.issued license.sold', {url}, 0, 'admin')");

        AssertNames(() => app.Services.GetRequiredService<IWebhookStore>().ReadAsync(default).AsTask(), "webhooks.events", "license.sold");
    }

    private static void AssertNames(Func<Task> read, string column, string word) => Assert.That(
        read, Throws.TypeOf<StorageException>().With.Message.Contains($"The column {column} holds '{word}'"));
}
