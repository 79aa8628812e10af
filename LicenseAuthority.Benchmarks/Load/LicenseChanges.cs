using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Products;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// What the store gets when an order is served: all the rows of a real one. Only the code is random text, as long as a real code. Due ones were issued a
/// year and a day ago for a year, so that their term ended yesterday.
/// </summary>
internal sealed class LicenseChanges(string prefix, bool due = false)
{
    private const int CodeBytes = 690;

    private readonly Identifiers _identifiers = new(TimeProvider.System);
    private readonly Entitlements _entitlements = Entitlements.Create(
        [new("edition", new EntitlementValue.Text("pro")), new("seats", new EntitlementValue.Number(5))]);

    private long _number;

    /// <summary>The next ones; no order comes twice.</summary>
    public List<LicenseCommit> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private LicenseCommit Next()
    {
        var number = ++_number;
        var now = LicenseTime.CutToSecond(TimeProvider.System.GetUtcNow());
        now = due ? now.AddYears(-1).AddDays(-1) : now;
        var order = new OrderKey("default", Test: false, $"CS{prefix}{number:D12}", OrderLineId: "", "OFFI000000000000000001");
        var draft = new License
        {
            Id = _identifiers.NewLicenseId(),
            Account = order.Account,
            Product = "com.example.editor",
            Test = order.Test,
            Customer = new Customer(_identifiers.NewCustomerId(), $"c0ffee00c0ffee00{prefix}{number:D12}", "测试 客户+1"),
            Quantity = 5,
            Entitlements = _entitlements,
            IssuedAt = now,
            StartsAt = now,
            ExpiresAt = now.AddYears(1),
            Grace = TimeSpan.FromDays(15),
            Generation = 1,
            UnboundGeneration = 1,
            CodeIssuedAt = now,
            LastEventAt = now,
            RecordedState = LicenseState.Active,
            Version = 1,
        };
        var decision = LicenseLifecycle.Issue(draft, new CallSource(CallSource.Marketplace, "getLicense", order.OrderId));
        return new LicenseCommit
        {
            Before = null,
            After = decision.After,
            Events = decision.Events,
            Code = RandomCode(number),
            Order = new PlacedOrder(order, draft.Quantity, draft.ExpiresAt, now),
            GoodUntil = decision.GoodUntil,
        };
    }

    private static SignedCode RandomCode(long number)
    {
        Span<byte> bytes = stackalloc byte[CodeBytes];
        RandomNumberGenerator.Fill(bytes);
        var text = Base64Url.EncodeToString(bytes);
        return new SignedCode(text, SHA256.HashData(Encoding.ASCII.GetBytes(text)), StatusList: 1, (int)(number % (1 << 20)), KeySerial: 1);
    }
}
