using LicenseAuthority.Licensing;

namespace LicenseAuthority.Tests.Licensing;

internal sealed class CallKeyTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Scenes = ["Unstated", "Renewal", "RenewalChange", "UnsubscribeRenewalPeriod", "TrialToFormal"];
    private static readonly OrderKey Order = new("default", Test: false, "CS26", "CS26-000001", "OFFI1");

    [Test]
    public void Renewal_SameParts_IsTheSameKey() =>
        Same(
            CallKey.Renewal("Renewal", "CS26", "CS26-000001", Noon),
            CallKey.Renewal("Renewal", "CS26", "CS26-000001", Noon));

    [Test]
    public void Renewal_SameInstantInAnotherZone_IsTheSameKey() =>
        Same(
            CallKey.Renewal("Renewal", "CS26", "", Noon),
            CallKey.Renewal("Renewal", "CS26", "", Noon.ToOffset(TimeSpan.FromHours(8))));

    [Test]
    public void Renewal_AnyPartDiffers_IsAnotherKey() =>
        AllDiffer(
        [
            .. from scene in Scenes select CallKey.Renewal(scene, "CS26", "CS26-000001", Noon),
            CallKey.Renewal("Renewal", "cs26", "CS26-000001", Noon),
            CallKey.Renewal("Renewal", "CS27", "CS26-000001", Noon),
            CallKey.Renewal("Renewal", "CS26", "CS26-000002", Noon),
            CallKey.Renewal("Renewal", "CS26", "", Noon),
            CallKey.Renewal("Renewal", "", "CS26", Noon),
            CallKey.Renewal("Renewal", "CS26", "CS26-000001", Noon.AddSeconds(1)),
            CallKey.Renewal("Renewal", "CS26", "CS26-000001", Noon.AddSeconds(-1)),
        ]);

    [Test]
    public void OrderContent_SameParts_IsTheSameKey() => Same(CallKey.OrderContent(Order, 5, Noon), CallKey.OrderContent(Order with { }, 5, Noon));

    [Test]
    public void OrderContent_AnyPartDiffers_IsAnotherKey() =>
        AllDiffer(
        [
            CallKey.OrderContent(Order, 5, Noon),
            CallKey.OrderContent(Order, 6, Noon),
            CallKey.OrderContent(Order, 5, Noon.AddSeconds(1)),
            CallKey.OrderContent(Order, 5, null),
            CallKey.OrderContent(Order with { OrderId = "CS27" }, 5, Noon),
            CallKey.OrderContent(Order with { OrderLineId = "" }, 5, Noon),
            CallKey.OrderContent(Order with { MarketplaceProductId = "offi1" }, 5, Noon),
        ]);

    [Test]
    public void SignedRequest_SameToken_IsTheSameKey() => Same(CallKey.SignedRequest("a+/="), CallKey.SignedRequest("a+/="));

    [Test]
    public void SignedRequest_AnotherToken_IsAnotherKey() =>
        AllDiffer([CallKey.SignedRequest("a+/="), CallKey.SignedRequest("A+/="), CallKey.SignedRequest("a+/"), CallKey.SignedRequest("")]);

    // What moves from one part to the next is seen, since a zero byte stands between them.
    [Test]
    public void Create_TextMovesToTheNextPart_IsAnotherKey() =>
        AllDiffer(
        [
            CallKey.Renewal("Renewal", "ab", "c", Noon),
            CallKey.Renewal("Renewal", "a", "bc", Noon),
            CallKey.Renewal("Renewal", "abc", "", Noon),
            CallKey.Renewal("Renewal", "", "abc", Noon),
        ]);

    [Test]
    public void Create_AnotherKindWithTheSameParts_IsAnotherKey()
    {
        var seconds = Noon.ToUnixTimeSeconds();
        AllDiffer(
        [
            CallKey.Renewal("Renewal", "a", "b", Noon),
            CallKey.OrderContent(new OrderKey("default", Test: false, "Renewal", "a", "b"), (int)seconds, null),
            CallKey.SignedRequest("Renewal"),
        ]);
    }

    [Test]
    public void OnlySuccess_IsForTheSignedRequestAlone()
    {
        Assert.That(CallKey.SignedRequest("a").OnlySuccess, Is.True, "what failed may be tried again with the same bytes");
        Assert.That(CallKey.Renewal("Renewal", "a", "b", Noon).OnlySuccess, Is.False);
        Assert.That(CallKey.OrderContent(Order, 1, null).OnlySuccess, Is.False);
    }

    // Keys are stored: another hash for the same call would let an old call through once more after an update.
    [Test]
    public void Hash_NeverChanges()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                CallKey.Renewal("RenewalChange", "CS26", "CS26-000001", Noon).Hash,
                Is.EqualTo(Sha256("renewal\0RenewalChange\0CS26\0CS26-000001\01774958400")));
            Assert.That(CallKey.SignedRequest("a+/=").Hash, Is.EqualTo(Sha256("request\0a+/=")));
            Assert.That(CallKey.OrderContent(Order, 5, null).Hash, Is.EqualTo(Sha256("order\0CS26\0CS26-000001\0OFFI1\05\0")));
        }
    }

    private static byte[] Sha256(string text) => System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text));

    private static void Same(CallKey a, CallKey b) => Assert.That(a.Hash, Is.EqualTo(b.Hash).And.Length.EqualTo(32));

    private static void AllDiffer(IReadOnlyList<CallKey> keys) =>
        Assert.That(keys.Select(key => Convert.ToHexString(key.Hash)), Is.Unique);
}
