using System.Net;
using LicenseAuthority.Licensing;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>The list of licenses: filters, pages, and what is wrong with a query.</summary>
[OnEveryDatabase]
internal sealed class LicenseListTests
{
    [Test]
    public async Task List_EveryCombinationOfFilters_ExactlyWhatMatches()
    {
        await using var app = await StartAsync();
        var sold = await SellMixAsync(app);
        var needle = sold[0];
        app.Time.Advance(TimeSpan.FromDays(15));
        var now = app.Time.GetUtcNow();
        var licenses = await app.ReadLicensesAsync();
        var needleCustomer = licenses.Single(license => license.Id == needle.Id).Customer;
        var orders = licenses.ToDictionary(license => license.Id, license => app
            .Query($"SELECT order_id FROM orders WHERE license_id = '{license.Id}' UNION SELECT order_id FROM follow_up_orders WHERE license_id = '{license.Id}'")
            .ConvertAll(order => (string)order));
        var before = now + TimeSpan.FromDays(90);
        var after = now - TimeSpan.FromDays(10);
        (string Query, Func<License, bool> Matches)[][] filters =
        [
            [("", license => !license.Test), ("test=false", license => !license.Test), ("test=true", license => license.Test)],
            [("", _ => true), .. Enum.GetValues<LicenseState>().Select(state => ($"state={state.ToWord()}", new Func<License, bool>(license => license.StateAt(now) == state)))],
            [("", _ => true), ("product=editor", license => license.Product == "editor")],
            [
                ("", _ => true),
                ($"customer={needleCustomer.Id}", license => license.Customer.Id == needleCustomer.Id),
                ($"customer={needleCustomer.MarketplaceCustomerId}", license => license.Customer.MarketplaceCustomerId == needleCustomer.MarketplaceCustomerId),
            ],
            [("", _ => true), ($"orderId={needle.OrderId}", license => orders[license.Id].Contains(needle.OrderId)), ("orderId=CS-SHARED", license => orders[license.Id].Contains("CS-SHARED"))],
            [("", _ => true), ($"expiresBefore={before:yyyy-MM-ddTHH:mm:ssZ}", license => license.ExpiresAt < before)],
            [("", _ => true), ($"expiresAfter={after:yyyy-MM-ddTHH:mm:ssZ}", license => license.ExpiresAt > after)],
        ];
        var combinations = filters.Aggregate(
            new List<(string Query, Func<License, bool> Matches)> { ("limit=200", _ => true) },
            (all, filter) => [.. all.SelectMany(one => filter.Select(next => (
                next.Query.Length == 0 ? one.Query : $"{one.Query}&{next.Query}",
                new Func<License, bool>(license => one.Matches(license) && next.Matches(license)))))]);
        Assert.That(combinations, Has.Count.EqualTo(3 * 5 * 2 * 3 * 3 * 2 * 2));

        // No number of choices of a filter divides it: of each there is every choice.
        combinations = [.. combinations.Where(static (_, index) => TestDatabases.IsCi || index % 7 == 0)];
        var found = 0;
        foreach (var (query, matches) in combinations)
        {
            var expected = licenses.Where(matches).Select(license => license.Id).OrderByDescending(id => id, StringComparer.Ordinal).ToList();
            var listed = await app.Admin.ListIdsAsync("licenses?" + query);
            Assert.That(listed, Is.EqualTo(expected), query);
            found += listed.Count;
        }

        Assert.That(found, Is.GreaterThan(combinations.Count / 2), "the mix makes the filters mean something");
    }

    // An operator who is called knows a name, or how it begins.
    [Test]
    public async Task List_ByCustomersName_ExactAndBeginning()
    {
        await using var app = await StartAsync();
        string[] names = ["北京 Example", "北京 Example Company", "北", "example", "100%_", "cus_tomer", "\uFFFD\U0001F511x"];
        var sold = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            sold[name] = (await SoldLicense.BuyAsync(app, call => call.With("customerName", name).With("customerId", "id of " + name))).Id;
        }

        await SoldLicense.BuyAsync(app, call => call.Without("customerName"));
        foreach (var asked in new[] { "北京 Example", "北京 Example Company", "北京", "北", "ex", "Ex", "100%", "%", "_", "cus_t", "cus_tomer", "\uFFFD", "\uFFFD\U0001F511", "京" })
        {
            var listed = await app.Admin.ListIdsAsync("licenses?customer=" + Uri.EscapeDataString(asked));

            Assert.That(listed, Is.EquivalentTo(names.Where(name => name.StartsWith(asked, StringComparison.Ordinal)).Select(name => sold[name])), asked);
        }

        Assert.That(await app.Admin.ListIdsAsync("licenses?state=Active&customer=" + Uri.EscapeDataString("id of 北")), Is.EqualTo([sold["北"]]), "the marketplace's id as before");
    }

    [Test]
    public async Task List_ByDefault_RealLicensesOnlyTheNewestFirst()
    {
        await using var app = await StartAsync();
        var sold = await SellMixAsync(app);
        var real = sold.FindAll(license => !license.Test);

        var listed = await app.Admin.ListIdsAsync("licenses");
        var tests = await app.Admin.ListIdsAsync("licenses?test=true");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(listed, Is.EquivalentTo(real.ConvertAll(license => license.Id)));
            Assert.That(listed, Is.Ordered.Descending.Using((System.Collections.IComparer)StringComparer.Ordinal));
            Assert.That(tests, Is.EquivalentTo(sold.FindAll(license => license.Test).ConvertAll(license => license.Id)));
        }
    }

    [Test]
    public async Task List_Limits_OneTo200()
    {
        await using var app = await StartAsync();
        await SellMixAsync(app);

        var one = await app.Admin.GetAsync("licenses?limit=1");
        var most = await app.Admin.GetAsync("licenses?limit=200");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(one.Json.GetProperty("items").GetArrayLength(), Is.EqualTo(1));
            Assert.That(one.Json.GetProperty("nextCursor").GetString(), Is.Not.Empty);
            Assert.That(most.Json.GetProperty("items").GetArrayLength(), Is.GreaterThan(5));
            Assert.That(most.Json.GetProperty("nextCursor").GetString(), Is.Null);
        }
    }

    [TestCase("licenses?limit=0", "limit")]
    [TestCase("licenses?limit=201", "limit")]
    [TestCase("licenses?limit=-1", "limit")]
    [TestCase("licenses?limit=1.0", "limit")]
    [TestCase("licenses?limit=ten", "limit")]
    [TestCase("licenses?limit=99999999999", "limit")]
    [TestCase("licenses?limit=5&limit=6", "limit")]
    [TestCase("licenses?state=active", "state")]
    [TestCase("licenses?state=Expired", "state")]
    [TestCase("licenses?state=1", "state")]
    [TestCase("licenses?state=Active&state=Frozen", "state")]
    [TestCase("licenses?test=1", "test")]
    [TestCase("licenses?test=True", "test")]
    [TestCase("licenses?expiresBefore=tomorrow", "expiresBefore")]
    [TestCase("licenses?expiresBefore=2027-13-01T00:00:00Z", "expiresBefore")]
    [TestCase("licenses?expiresAfter=20270101000000", "expiresAfter")]
    [TestCase("licenses?product=a&product=b", "product")]
    [TestCase("licenses?customer=", "customer")]
    [TestCase("licenses?customer=%00", "customer", Description = "SQLite would find nothing, PostgreSQL would refuse the statement")]
    [TestCase("licenses?product=%ED%A0%80&orderId=%FF", null, Description = "matches nothing")]
    [TestCase("licenses?expiresBefore=0001-01-01T00:00:00Z&expiresAfter=9999-12-31T23:59:59.9999999Z", null)]
    [TestCase("licenses?expiresAfter=0001-01-01T00:00:00%2B14:00", "expiresAfter", Description = "before the calendar begins")]
    [TestCase("licenses?offset=5", "offset")]
    [TestCase("licenses?State=Active", "State", Description = "names are case-sensitive: an ignored filter would show too much")]
    [TestCase("licenses?cursor=nonsense", "cursor")]
    [TestCase("conflicts?kind=other", "kind")]
    [TestCase("conflicts?status=Open", "status")]
    [TestCase("conflicts?state=open", "state")]
    [TestCase("conflicts?cursor=!!!!", "cursor")]
    [TestCase("licenses/{id}/events?limit=0", "limit")]
    [TestCase("licenses/{id}/events?type=license.issued", "type")]
    [TestCase("licenses/{id}/events?cursor=AAAA", "cursor")]
    public async Task List_BadQuery_400NamesTheParameter(string path, string? named)
    {
        var app = _shared;
        var id = (await app.Admin.ListIdsAsync("licenses"))[0];

        var reply = await app.Admin.GetAsync(path.Replace("{id}", id, StringComparison.Ordinal));

        if (named is null)
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
            return;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.BadRequest), reply.ToString());
            Assert.That(reply.Code, Is.EqualTo("bad-query"));
            Assert.That(reply.Detail, Does.Contain(named));
        }
    }

    [Test]
    public async Task List_OffsetOfAnInstant_IsReadEncodedOrNot()
    {
        var boughtAt = _shared.Time.GetUtcNow();
        var license = await SoldLicense.BuyAsync(_shared);
        var local = (boughtAt + SoldLicense.Term + TimeSpan.FromSeconds(1)).ToOffset(TimeSpan.FromHours(8))
            .ToString("yyyy-MM-ddTHH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture);

        Assert.That(await _shared.Admin.ListIdsAsync("licenses?expiresBefore=" + Uri.EscapeDataString(local)), Does.Contain(license.Id));
        Assert.That(await _shared.Admin.ListIdsAsync("licenses?expiresBefore=" + local), Does.Contain(license.Id));
        Assert.That(await _shared.Admin.ListIdsAsync("licenses?expiresAfter=" + local), Does.Not.Contain(license.Id));
    }

    [Test]
    public async Task Show_UnknownLicense_404WithACode()
    {
        foreach (var path in new[] { "licenses/lic_unknown", "licenses/lic_unknown/events" })
        {
            var reply = await _shared.Admin.GetAsync(path);

            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.NotFound), reply.ToString());
            Assert.That(reply.Code, Is.EqualTo("license-not-found"));
        }
    }

    private LicenseAuthorityApplication _shared = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _shared = await StartAsync();
        await SoldLicense.BuyAsync(_shared);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _shared.DisposeAsync();

    private static Task<LicenseAuthorityApplication> StartAsync() => LicenseAuthorityApplication.StartAsync(
    [
        "Expiry:Enabled=false",
        .. LicenseAuthorityApplication.Product(0, "editor", "OFFI000000000000000001"),
        .. LicenseAuthorityApplication.Product(1, "viewer", "OFFI000000000000000002"),
    ]);

    private static async Task<List<SoldLicense>> SellMixAsync(LicenseAuthorityApplication app)
    {
        var sold = new List<SoldLicense>();
        foreach (var test in new[] { "0", "1" })
        {
            foreach (var product in new[] { "OFFI000000000000000001", "OFFI000000000000000002" })
            {
                for (var kind = 0; kind < 7; kind++)
                {
                    var customer = $"customer-{kind % 2}";
                    var term = InstanceCall.Text(app.Time.GetUtcNow() + (kind == 1 ? TimeSpan.FromDays(100) : SoldLicense.Term));
                    var license = await SoldLicense.BuyAsync(app, call => call
                        .With("testFlag", test).With("productId", product).With("customerId", customer)
                        .With("expireTime", kind is 2 or 6 ? "" : term));
                    switch (kind)
                    {
                        case 0:
                            await license.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(12), "CS-SHARED");
                            break;
                        case 3:
                            await license.CommandAsync("revoke");
                            break;
                        case 4:
                            await license.ReleaseAsync();
                            break;
                        case 5:
                            await license.CommandAsync("freeze");
                            break;
                        case 6:
                            await license.ExpireAsync();
                            break;
                    }

                    sold.Add(license);
                }
            }
        }

        return sold;
    }
}
