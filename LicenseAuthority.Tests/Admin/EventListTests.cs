using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>What happened to a license: order, words, who, from which call, before and after, and why.</summary>
[OnEveryDatabase]
internal sealed class EventListTests
{
    [Test]
    public async Task Events_OfALife_TellWhoDidWhatFromWhatToWhat()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        await license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(20), "CS-RENEWAL");
        await license.CommandAsync("freeze", "unpaid invoice");
        await license.CommandAsync("unfreeze", "paid");
        app.Time.Advance(TimeSpan.FromDays(20));
        await license.ExpireAsync();
        await license.ExpireAsync();
        await license.CommandAsync("revoke", "fraud");

        var events = await license.EventsAsync();

        string[] expected =
        [
            """license.issued marketplace getLicense null {"state":"Active","expiresAt":"2026-06-11T00:00:00Z","quantity":5,"generation":1} -""",
            """license.renewed marketplace refreshLicense {"expiresAt":"2026-06-11T00:00:00Z","generation":1} {"expiresAt":"2026-06-21T00:00:00Z","generation":2} -""",
            """license.frozen admin:bootstrap freeze {"state":"Active","heldByAdminSince":null} {"state":"Frozen","heldByAdminSince":"2026-06-01T00:00:00Z"} unpaid invoice""",
            """license.unfrozen admin:bootstrap unfreeze {"state":"Frozen","heldByAdminSince":"2026-06-01T00:00:00Z"} {"state":"Active","heldByAdminSince":null} paid""",
            """license.frozen clock EnforceExpiry {"state":"Active"} {"state":"Frozen"} -""",
            """license.frozen marketplace expireLicense {"expiredByMarketplaceAt":null} {"expiredByMarketplaceAt":"2026-06-21T00:00:00Z"} -""",
            """call.noted marketplace expireLicense null null the marketplace had said so before; the first one counts""",
            """license.revoked admin:bootstrap revoke {"state":"Frozen","revokedAt":null} {"state":"Revoked","revokedAt":"2026-06-21T00:00:00Z"} fraud""",
        ];
        var told = events.ConvertAll(one =>
        {
            var remark = one.GetProperty("remark").GetString();
            return $"{one.GetProperty("type")} {one.GetProperty("actor")} {one.GetProperty("source").GetProperty("activity")} "
                + $"{one.GetProperty("before").GetRawText()} {one.GetProperty("after").GetRawText()} {remark ?? "-"}";
        });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(told, Is.EqualTo(expected));
            Assert.That(events[1].GetProperty("source").GetProperty("orderId").GetString(), Is.EqualTo("CS-RENEWAL"));
            Assert.That(events[5].GetProperty("source").GetProperty("orderId").GetString(), Is.EqualTo(license.OrderId));
            Assert.That(events.ConvertAll(one => one.GetProperty("at").GetDateTimeOffset()), Is.Ordered);
        }

        EventChain.AssertConsistent(events, await license.ShowAsync());
    }

    [Test]
    public async Task Events_PageByPage_AreTheSameAsAtOnceAlsoWhileMoreHappens()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        for (var i = 1; i < 8; i++)
        {
            await license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(20 + i));
            await SoldLicense.BuyAsync(app);
        }

        var pages = new List<string>();
        string? cursor = null;
        do
        {
            var reply = await app.Admin.GetAsync($"licenses/{license.Id}/events?limit=3" + (cursor is null ? "" : $"&cursor={cursor}"));
            pages.AddRange(reply.Json.GetProperty("items").EnumerateArray().Select(one => one.GetRawText()));
            cursor = reply.Json.GetProperty("nextCursor").GetString();
            if (pages.Count == 3)
            {
                await license.CommandAsync("revoke", "in the middle");
            }
        }
        while (cursor is not null);

        var all = (await license.EventsAsync()).ConvertAll(one => one.GetRawText());
        Assert.That(pages, Is.EqualTo(all).And.Count.EqualTo(9));
    }
}
