using System.Text.RegularExpressions;
using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;

namespace LicenseAuthority.Tests.Storage;

/// <summary>What is asked often must not read the whole table: the plans that SQLite makes for the product's own statements.</summary>
internal sealed class QueryPlanTests : StorageFixture
{
    private static readonly LicenseFilter NoFilter = new(false, null, null, null, null, null, null);

    [Test]
    public void Order_ByItsKey_UsesThePrimaryKeys()
    {
        var plan = Explain(LicenseStore.SelectOrder);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan, Has.One.StartsWith("SEARCH o USING PRIMARY KEY (order_id=? AND order_line_id=? AND marketplace_product_id=? AND account=? AND test=?)"));
            Assert.That(plan, Has.One.StartsWith("SEARCH l USING PRIMARY KEY (id=?)"));
            Assert.That(plan, Has.One.Matches("SEARCH c USING INDEX .* \\(license_id=\\? AND generation=\\?\\)"));
            Assert.That(plan, Has.None.StartsWith("SCAN"));
        }
    }

    [Test]
    public void Order_ByItsKeyWithItsCustomer_UsesTheIndexes()
    {
        var plan = Explain(LicenseStore.SelectOrderAndCustomer);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan, Has.One.StartsWith("SEARCH o USING PRIMARY KEY (order_id=? AND order_line_id=? AND marketplace_product_id=? AND account=? AND test=?)"));
            Assert.That(plan, Has.One.StartsWith("SEARCH l USING PRIMARY KEY (id=?)"));
            Assert.That(plan, Has.One.Matches("SEARCH c USING INDEX .* \\(license_id=\\? AND generation=\\?\\)"));
            Assert.That(plan, Has.One.StartsWith("SEARCH licenses USING").And.Some.Contains("(marketplace_customer_id=? AND account=?)"));
            Assert.That(plan, Has.None.StartsWith("SCAN l").And.None.StartsWith("SCAN o").And.None.StartsWith("SCAN c"));
        }
    }

    [Test]
    public void Nonce_OfACall_UsesItsIndex()
    {
        Assert.That(Explain(NonceRows.Select), Is.EqualTo(["SEARCH nonces USING INDEX sqlite_autoindex_nonces_1 (account=? AND nonce=?)"]));
        Assert.That(Explain(NonceStore.DeleteOld), Has.One.StartsWith("SEARCH nonces USING INTEGER PRIMARY KEY (rowid=?)").And.None.Contains("TEMP B-TREE"));
    }

    [Test]
    public void MarketplaceCode_ByItsHash_UsesItsIndex()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Explain(HandleRows.SelectLicenseId), Has.One.StartsWith("SEARCH handles USING PRIMARY KEY (handle=? AND kind=? AND account=?)"));
            Assert.That(Explain(HandleRows.SelectAnyLicenseId), Has.One.StartsWith("SEARCH handles USING PRIMARY KEY (handle=? AND kind=?)"));
            Assert.That(Explain(KeptCallRows.Select), Is.EqualTo(["SEARCH kept_calls USING INDEX kept_calls_by_code (code_sha256=? AND account=? AND test=?)"]));
        }
    }

    [Test]
    public void Usage_OfALicenseAndOfDaysThatAreOver_UsesItsIndexes()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Explain(UsageStore.SelectHasId), Has.Some.Contains("usage_ids USING PRIMARY KEY (day=? AND license_id=? AND id=?)"));
            Assert.That(Explain(UsageStore.SelectHasNumber), Has.Some.Contains("usage_days USING PRIMARY KEY (day=? AND license_id=?)"));
            Assert.That(Explain(UsageStore.SelectUnreported), Has.One.Contains("usage_days_unreported (account=? AND day<?)").And.None.Contains("TEMP B-TREE"));
            Assert.That(Explain(UsageStore.SelectHasOld), Has.None.Contains("SCAN usage"));
        }
    }

    [Test]
    public void Code_ByItsNumber_UsesItsIndex()
    {
        var plan = Explain(LicenseQueries.SelectByCode);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan, Has.Exactly(2).Contains("(license_id=? AND generation=?)"));
            Assert.That(plan, Has.None.StartsWith("SCAN"));
        }
    }

    [Test]
    public void Sweep_DueLicenses_WalksTheIndexOfDueOnesWithoutSorting()
    {
        var plan = Explain(DueLicenses.SelectDue);

        Assert.That(plan, Has.Count.EqualTo(1));
        Assert.That(plan[0], Does.StartWith("SEARCH l USING INDEX licenses_by_due ((next_due_at,id)>(?,?) AND next_due_at<?)"));
    }

    // Asked each second, by each node.
    [Test]
    public void PendingOrders_ThatAreDue_AreFoundByTheirIndex()
    {
        foreach (var sql in new[] { PendingOrderStore.SelectIsDue(), PendingOrderStore.SelectDue(), PendingOrderStore.SelectDue("AND account NOT IN (@except)") })
        {
            var plan = Explain(sql);

            Assert.That(plan, Has.Some.Contains("INDEX pending_orders_due (next_attempt_at"));
            Assert.That(plan, Has.None.Contains("SCAN pending_orders").And.None.Contains("TEMP B-TREE"));
        }
    }

    [Test]
    public void PendingOrders_ThatAreOpen_AreListedByTheirIndexWithoutSorting()
    {
        Assert.That(Explain(PendingOrderStore.SelectOpen), Has.One.StartsWith("SEARCH pending_orders USING INDEX pending_orders_open (instance_id<?)"));
        Assert.That(Explain(PendingOrderStore.SelectSlow), Has.Some.Matches("pending_orders USING INDEX pending_orders_(open|due)"));
    }

    // What a stolen key has signed is found without an index of its own.
    [Test]
    public void Reissue_PartsOfTheCodes_AreWalkedByTheirNumber()
    {
        Assert.That(Explain(ReissueStore.SelectEnd), Has.One.StartsWith("SEARCH codes USING INTEGER PRIMARY KEY (rowid>?)"));
        foreach (var sql in new[] { ReissueStore.SelectCount(SqlDialect.Sqlite), ReissueStore.SelectReplaced(SqlDialect.Sqlite) })
        {
            Assert.That(Explain(sql), Is.EqualTo(
            [
                "SEARCH c USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)", "SEARCH l USING PRIMARY KEY (id=?)", "CORRELATED SCALAR SUBQUERY 1",
                "SEARCH a USING PRIMARY KEY (id=?)",
            ]));
        }
    }

    // Of a license with tens of thousands of devices.
    [Test]
    public void Places_AreCountedAndFoundByTheirIndexes()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Explain(ActivationRow.SelectCounts).Single(), Does.Contain("COVERING INDEX activations_held (license_id=?"));
            Assert.That(Explain(ActivationStore.SelectSame), Has.One.Contains("activation_devices USING PRIMARY KEY (license_id=? AND device_id=?)"));
            Assert.That(Explain(ActivationStore.SelectSame), Has.None.EqualTo("SCAN a").And.None.EqualTo("SCAN c"));
            Assert.That(Explain(ActivationStore.SelectLongestOver).First(), Does.Contain("activations_held (license_id=? AND lease_until<?)"));
            Assert.That(Explain(ActivationStore.SelectPage).First(), Does.Contain("activations_by_license (license_id=? AND id<?)"));
            Assert.That(Explain(ActivationStore.SelectLimiting).First(), Does.Contain("activations_freed (license_id=? AND freed_at>? AND freed_at<?)"));
            Assert.That(Explain(ActivationRow.InvalidateCodes).First(), Does.Contain("codes_by_device (device=?)"));
        }
    }

    [Test]
    public void StateList_FewDue_UsesTheIndexesOfStateAndOfDueOnes()
    {
        var plan = Explain(LicenseQueries.ListSql(NoFilter with { State = LicenseState.Frozen }, SqlDialect.Sqlite));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan, Has.One.StartsWith("SEARCH l USING INDEX licenses_by_state (state=? AND id<?)"), "what is recorded");
            Assert.That(plan, Has.One.StartsWith("SEARCH l USING INDEX licenses_by_due (next_due_at<?)"), "what is due and not recorded");
            Assert.That(plan.Where(line => line.StartsWith("SCAN", StringComparison.Ordinal)), Is.EquivalentTo(["SCAN settled", "SCAN few_due", "SCAN many_due"]), "of the parts, each at most a page; no full scan of a table");
        }
    }

    [Test]
    public void Outbox_WhatIsDue_UsesTheIndexesOfWhatWaits()
    {
        foreach (var sql in new[] { OutboxStore.SelectIsDue, OutboxStore.SelectDue })
        {
            var plan = Explain(sql);

            using (Assert.EnterMultipleScope())
            {
                Assert.That(plan, Has.One.StartsWith("SEARCH o USING INDEX outbox_due (destination_kind=? AND destination_id=? AND next_attempt_at<?)"));
                Assert.That(plan, Has.One.Contains("outbox_order (destination_kind=? AND destination_id=? AND ordering_key=? AND id<?)"));
                Assert.That(plan, Has.None.Contains("TEMP B-TREE"), "nothing is sorted");
            }
        }
    }

    [Test]
    public void Outbox_WhatAWrongClockLeftFarAhead_IsFoundByTheIndexOfWhatWaits() => Assert.That(
        Explain(OutboxStore.SelectIsStranded).Single(),
        Does.StartWith("SEARCH outbox USING").And.Contains("outbox_due (destination_kind=? AND destination_id=? AND next_attempt_at>?)"));

    [Test]
    public void Outbox_WhatIsOverdue_IsLookedForAmongWhatWaits() => Assert.That(
        Explain(OutboxStore.SelectOverdue).First(), Does.StartWith("SEARCH outbox USING INDEX outbox_pending (give_up_at<?)"));

    [Test]
    public void Outbox_Figures_LookAtWhatWaitsAndWhatIsDeadLetteredOnly()
    {
        Assert.That(Explain(OutboxStore.SelectPendingFigures).Single(), Does.EndWith("USING COVERING INDEX outbox_pending"), "a row of the table for each would be 50,000 of them");
        Assert.That(Explain(OutboxStore.SelectDeadLetteredCount).Single(), Does.EndWith("USING COVERING INDEX outbox_dead_lettered"));
    }

    [Test]
    public void OrderList_ByOrderId_UsesTheIndexesOfOrders()
    {
        var plan = Explain(LicenseQueries.ListSql(NoFilter with { OrderId = "CS1" }, SqlDialect.Sqlite));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan, Has.One.Contains("orders USING PRIMARY KEY (order_id=?)"));
            Assert.That(plan, Has.One.Contains("follow_up_orders_by_order (order_id=?)"));
        }
    }

    [Test]
    public void CustomerList_ByTheMarketplacesId_UsesItsIndex() => Assert.That(
        Explain(LicenseQueries.ListSql(NoFilter with { Customer = "c0ffee" }, SqlDialect.Sqlite)),
        Has.One.Contains("licenses_by_customer (marketplace_customer_id=?"));

    // Ids begin with the time: the newest first, and a span of time, need no index of their own.
    [Test]
    public void Calls_AreFoundByTheirIndexesWithoutSorting()
    {
        var none = new CallFilter(null, null, null, null, null, null, null, null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Explain(CallStore.ListSql(none)).Single(), Does.Contain("sqlite_autoindex_marketplace_calls_1 (id<?)"));
            Assert.That(Explain(CallStore.ListSql(none with { From = default(DateTimeOffset) })).Single(), Does.Contain("sqlite_autoindex_marketplace_calls_1 (id>? AND id<?)"));
            Assert.That(Explain(CallStore.ListSql(none with { OrderId = "" })).Single(), Does.Contain("marketplace_calls_by_order (order_id=? AND id<?)"));
            Assert.That(Explain(CallStore.ListSql(none with { InstanceId = "" })).Single(), Does.Contain("marketplace_calls_by_instance (instance_id=? AND id<?)"));
            Assert.That(Explain(CallStore.ListSql(none with { ResultCode = "" })).Single(), Does.Contain("marketplace_calls_by_result (result_code=? AND id<?)"));
            Assert.That(Explain(CallStore.DeleteSql(SqlDialect.Sqlite)), Has.Some.Contains("sqlite_autoindex_marketplace_calls_1 (id<?)").And.None.Contains("TEMP B-TREE").And.None.StartsWith("SCAN marketplace_calls"));
        }
    }

    // In a table that is its own index each of these long rows would have a page of its own.
    [Test]
    public void Calls_LieInATableOfRows()
    {
        using var database = Open(migrations: [.. Migrations.Embedded(SqlDialect.Sqlite)]);

        Assert.That(database.Readers.Read(static session => session.Prepared("SELECT wr FROM pragma_table_list WHERE name = 'marketplace_calls'")
            .QuerySingleOrDefault(static row => row.GetInt64(0) + 1)), Is.EqualTo(1));
    }

    // Each new license looks whether its order was refused before.
    [Test]
    public void UnservedOrders_LookOnlyAtWhatIsOpen()
    {
        Assert.That(Explain(UnservedOrderRows.UpdateServed).First(), Does.Contain(
            "conflicts_unserved (test=? AND account=? AND order_id=? AND order_line_id=?)"));
        Assert.That(Explain(UnservedOrderRows.SelectAny), Has.One.Contains("conflicts_unserved (test=?)"));
        Assert.That(Explain(UnservedOrderRows.SelectAnyRenewal), Has.One.Contains("conflicts_open").And.None.StartsWith("SCAN l"));
    }

    [Test]
    public void CustomerList_ByName_UsesItsIndex()
    {
        var plan = Explain(LicenseQueries.ListSql(NoFilter with { Customer = "Example" }, SqlDialect.Sqlite));

        Assert.That(plan, Has.One.Contains("INDEX licenses_by_customer_name (customer_name>? AND customer_name<?)"));
        Assert.That(plan, Has.None.StartsWith("SCAN"));
    }

    private List<string> Explain(string sql)
    {
        using var database = Open(migrations: [.. Migrations.Embedded(SqlDialect.Sqlite)]);
        var parameters = Regex.Matches(sql, "@[A-Za-z0-9_]+").Select(match => match.Value).Distinct().Count();
        return database.Readers.Read(session => session.Prepared("EXPLAIN QUERY PLAN " + sql)
            .Bind([.. Enumerable.Repeat(SqlValue.Null, parameters)])
            .Query(static row => row.GetString(3)));
    }
}
