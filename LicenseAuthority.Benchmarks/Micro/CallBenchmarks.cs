using System.Text;
using BenchmarkDotNet.Attributes;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Marketplaces.KooGallery.V1;

namespace LicenseAuthority.Benchmarks.Micro;

/// <summary>What surrounds a code in a marketplace call: authentication before, the signed answer after.</summary>
public class CallBenchmarks
{
    private const string Secret = "5f0c1d2e-demo-4a6b-8c7d-0123456789ab";

    private readonly AccessKey[] _keys = [new AccessKey("default", Secret)];

    private readonly MarketplaceAnswer _answer = new(ResultCode.Success, "success.", new string('x', 920), "lic_01KDVNGM006PSRNCJ8ZK2V8T4E");
    private string _query = "";
    private MarketplaceQuery _decoded = null!;
    private byte[] _body = [];

    [GlobalSetup]
    public void SetUp()
    {
        var request = Encoding.ASCII.GetString(new OrderRequest(Secret, new OrderNumbers()).Next().Span);
        _query = request[request.IndexOf('?', StringComparison.Ordinal)..request.IndexOf(" HTTP", StringComparison.Ordinal)];
        _body = _answer.ToBody().ToArray();
        if (!MarketplaceQuery.TryParse(_query, out _decoded, out _) || !Authenticate())
        {
            throw new InvalidOperationException("The sample call is not signed as it should be.");
        }
    }

    [Benchmark(Description = "query: decode")]
    public bool Decode() => MarketplaceQuery.TryParse(_query, out _, out _);

    [Benchmark(Description = "query: decode, authToken")]
    public bool Authenticate() => MarketplaceQuery.TryParse(_query, out var query, out _) && V1Authentication.FindKey(query, _keys) is not null;

    [Benchmark(Description = "query: read the parameters")]
    public object? Read() => GetLicenseRequest.Read(_decoded, "default", TimeSpan.Zero, out _);

    [Benchmark(Description = "answer: write")]
    public int Write() => _answer.ToBody().Length;

    [Benchmark(Description = "answer: Body-Sign")]
    public string Sign() => BodySign.Create(_keys[0], _body);
}
