using System.Globalization;
using System.Text;
using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What the journal keeps of an order's call: a row as long as a real one.</summary>
internal sealed class JournaledCalls
{
    private readonly Identifiers _identifiers = new(TimeProvider.System);
    private readonly CallRecord _template;
    private long _number;

    public JournaledCalls()
    {
        var request = Encoding.ASCII.GetString(new OrderRequest("5f0c1d2e-demo-4a6b-8c7d-0123456789ab", new OrderNumbers()).Next().Span);
        var query = request[request.IndexOf('?', StringComparison.Ordinal)..request.IndexOf(" HTTP", StringComparison.Ordinal)];
        if (!MarketplaceQuery.TryParse(query, out var parameters, out _))
        {
            throw new InvalidOperationException("The sample call cannot be read.");
        }

        var answer = new MarketplaceAnswer(ResultCode.Success, "success.", new string('x', 920), _identifiers.NewLicenseId());
        _template = new CallRecord
        {
            Direction = CallDirection.In,
            Account = SellerAccount.Default,
            Activity = "getLicense",
            ResultCode = ResultCode.Success,
            ResultMsg = answer.Message,
            HttpStatus = 200,
            DurationMs = 3,
            Node = "benchmark",
            Request = CallRedaction.ToJson(parameters.Content),
            Answer = CallRedaction.ToJson(CallContent.FromJson(answer.ToBody())),
        };
    }

    /// <summary>The next ones; each has an order and an instance of its own.</summary>
    public List<CallRecord> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];

    private CallRecord Next()
    {
        var now = TimeProvider.System.GetUtcNow();
        return _template with
        {
            Id = Identifiers.NewCallId(now),
            At = now,
            OrderId = string.Create(CultureInfo.InvariantCulture, $"CS{++_number:D12}"),
            InstanceId = _identifiers.NewLicenseId(),
        };
    }
}
