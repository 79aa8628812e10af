using System.Net;
using System.Text.Json;
using LicenseAuthority.Admin;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>Pages of a list: nothing twice and nothing left out, whatever happens between two pages; and a cursor belongs to its list.</summary>
[OnEveryDatabase]
internal sealed class PageTests
{
    private const int Limit = 5;

    [TestCase("licenses")]
    [TestCase("licenses?state=Active")]
    [TestCase("licenses?product=demo-product&expiresBefore=2030-01-01T00:00:00Z")]
    public async Task Pages_WhileLicensesArriveChangeAndTheClockPasses_DisjointAndComplete(string list)
    {
        await using var app = await StartAsync();
        var sold = await SellAsync(app, 23);
        var separator = list.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var seen = new List<string>();
        var states = new List<string>();
        var pages = 0;
        string? cursor = null;
        do
        {
            var page = await PageAsync(app, cursor is null ? $"{list}{separator}limit={Limit}" : $"{list}{separator}limit={Limit}&cursor={cursor}");
            seen.AddRange(page.Items.Select(item => item.GetProperty("id").GetString()!));
            states.AddRange(page.Items.Select(item => item.GetProperty("state").GetString()!));
            cursor = page.Next;
            pages++;

            // Between two pages: a new one, changes of one that was shown and of one that was not, and the end of every term.
            await SoldLicense.BuyAsync(app);
            await sold[^1].CommandAsync(pages == 1 ? "freeze" : "unfreeze");
            await sold[0].RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(100 + pages));
            app.Time.Advance(SoldLicense.Term / 2);
        }
        while (cursor is not null);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(pages, Is.EqualTo(5));
            Assert.That(seen, Is.EqualTo(Enumerable.Reverse(sold).Select(license => license.Id)), "each once, the newest first; what came later is not in it");
            Assert.That(states, Is.All.EqualTo("Active"), "states are judged at the instant of the first page");
        }
    }

    [Test]
    public async Task Pages_StateChangesBetween_NothingTwiceAndTheUntouchedAreComplete()
    {
        await using var app = await StartAsync();
        var sold = await SellAsync(app, 23);
        var first = await PageAsync(app, $"licenses?state=Active&limit={Limit}");
        await sold[10].CommandAsync("revoke");
        await sold[21].CommandAsync("revoke");

        var rest = await app.Admin.ListIdsAsync($"licenses?state=Active&limit={Limit}", first.Next);

        var seen = first.Items.Select(item => item.GetProperty("id").GetString()!).Concat(rest).ToList();
        Assert.That(seen, Is.Unique);
        Assert.That(seen, Is.EquivalentTo(sold.Where((_, i) => i != 10).Select(license => license.Id)), "revoked after it was shown, or before it was reached");
    }

    [Test]
    public async Task Pages_SweptBetween_NothingTwiceAndNothingLeftOut()
    {
        await using var app = await StartAsync();
        var sold = await SellAsync(app, 12);
        var first = await PageAsync(app, $"licenses?limit={Limit}");
        app.Time.Advance(SoldLicense.Term + SoldLicense.Grace);
        await Given.SettleDueAsync(app);

        var rest = await app.Admin.ListIdsAsync($"licenses?limit={Limit}", first.Next);

        Assert.That(
            first.Items.Select(item => item.GetProperty("id").GetString()!).Concat(rest),
            Is.EqualTo(Enumerable.Reverse(sold).Select(license => license.Id)));
    }

    [Test]
    public async Task Pages_LimitChangesOnTheWay_GoOnWhereTheyWere()
    {
        await using var app = await StartAsync();
        var sold = await SellAsync(app, 12);
        var first = await PageAsync(app, "licenses?limit=2");
        var second = await PageAsync(app, $"licenses?limit=7&cursor={first.Next}");
        var third = await PageAsync(app, $"licenses?cursor={second.Next}");

        Assert.That(
            new[] { first, second, third }.SelectMany(page => page.Items).Select(item => item.GetProperty("id").GetString()),
            Is.EqualTo(Enumerable.Reverse(sold).Select(license => license.Id)));
        Assert.That(third.Next, Is.Null);
    }

    [Test]
    public async Task Pages_ExactlyFull_NoEmptyPageFollows()
    {
        await using var app = await StartAsync();
        await SellAsync(app, Limit);

        Assert.That((await PageAsync(app, $"licenses?limit={Limit}")).Next, Is.Null);
    }

    [Test]
    public async Task Cursor_TamperedAnywhere_400()
    {
        await using var app = await StartAsync();
        await SellAsync(app, 3);
        var cursor = (await PageAsync(app, "licenses?limit=1")).Next!;
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var tampered = Enumerable.Range(0, cursor.Length).Select(i => cursor[..i] + (cursor[i] == 'x' ? 'y' : 'x') + cursor[(i + 1)..])
            .Concat(Alphabet.Where(last => last != cursor[^1]).Select(last => cursor[..^1] + last))
            .Concat([cursor[..^1], cursor[1..], cursor + "A", cursor + "AA", cursor + "AAAA", cursor + cursor, cursor + "%00", cursor + "%20", cursor + "=", "%F0%9F%92%A3", "A", "AA"]);

        foreach (var one in tampered)
        {
            var reply = await app.Admin.GetAsync("licenses?limit=1&cursor=" + one);
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.BadRequest), one);
            Assert.That(reply.Code, Is.EqualTo("bad-query"), one);
        }
    }

    // The checksum is no secret. SQLite found nothing, PostgreSQL refused the statement: 500.
    [Test]
    public async Task Cursor_WithWhatNoPositionHolds_400()
    {
        await using var app = await StartAsync();
        var id = (await SellAsync(app, 1))[0].Id;
        string[] lists = ["licenses", "conflicts", "webhooks", $"licenses/{id}/events"];
        foreach (var list in lists)
        {
            foreach (var position in new[] { "\0", "1780272000000 lic_\0", "1780272000000 lic_1\n", "1\0" })
            {
                var reply = await app.Admin.GetAsync($"{list}?cursor={PageCursor.Write($"/admin/v1/{list}?", position)}");
                Assert.That($"{(int)reply.Status} {reply.Code}", Is.EqualTo("400 bad-query"), $"{list} {position}");
            }
        }

        Assert.That(PageCursor.TryRead("/admin/v1/licenses?", PageCursor.Write("/admin/v1/licenses?", "1780272000000 lic_1"), out _), Is.True, "it is the character, not the way");
    }

    [Test]
    public async Task Cursor_OfAnotherListOrOtherFilters_400()
    {
        await using var app = await StartAsync();
        var sold = await SellAsync(app, 3);
        foreach (var license in sold)
        {
            await license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(1));
        }

        string[] lists =
        [
            "licenses?limit=1", "licenses?state=Active&limit=1", "licenses?test=false&limit=1", "licenses?product=demo-product&limit=1",
            $"licenses/{sold[0].Id}/events?limit=1", $"licenses/{sold[1].Id}/events?limit=1", "conflicts?limit=1", "conflicts?kind=conflict&limit=1",
        ];
        foreach (var from in lists)
        {
            var cursor = (await PageAsync(app, from)).Next;
            Assert.That(cursor, Is.Not.Null, from);
            foreach (var to in lists)
            {
                var reply = await app.Admin.GetAsync($"{to}&cursor={cursor}");
                Assert.That((int)reply.Status, Is.EqualTo(from == to ? 200 : 400), $"{from} -> {to}");
            }
        }
    }

    private static Task<LicenseAuthorityApplication> StartAsync() => LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    // Ids sort by time: a second apart, so that the order is known.
    private static async Task<List<SoldLicense>> SellAsync(LicenseAuthorityApplication app, int count)
    {
        var sold = new List<SoldLicense>();
        for (var i = 0; i < count; i++)
        {
            sold.Add(await SoldLicense.BuyAsync(app));
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }

        return sold;
    }

    private static async Task<(List<JsonElement> Items, string? Next)> PageAsync(LicenseAuthorityApplication app, string path)
    {
        var reply = await app.Admin.GetAsync(path);
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
        return ([.. reply.Json.GetProperty("items").EnumerateArray()], reply.Json.GetProperty("nextCursor").GetString());
    }
}
