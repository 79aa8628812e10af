using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Stores;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace LicenseAuthority.Benchmarks.Micro;

/// <summary>What the journal of marketplace calls does with each call behind the answer: alone the redaction of its bodies, then all of it, on SQLite.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "BenchmarkDotNet ends with CleanUp.")]
public class JournalBenchmarks
{
    private const string Secret = "5f0c1d2e-demo-4a6b-8c7d-0123456789ab";

    private const int Calls = 4096;

    private readonly Identifiers _identifiers = new(TimeProvider.System);
    private WorkFolder _folder = null!;
    private SqliteDatabase _database = null!;
    private CallJournal _journal = null!;
    private long _number;

    private CallContent _query;
    private CallContent _body;
    private CallContent _answer;

    [GlobalSetup]
    public void SetUp()
    {
        var request = Encoding.ASCII.GetString(new OrderRequest(Secret, new OrderNumbers()).Next().Span);
        var query = request[request.IndexOf('?', StringComparison.Ordinal)..request.IndexOf(" HTTP", StringComparison.Ordinal)];
        if (!MarketplaceQuery.TryParse(query, out var parameters, out _))
        {
            throw new InvalidOperationException("The sample call cannot be read.");
        }

        _query = parameters.Content;
        _body = CallContent.FromJson(Encoding.UTF8.GetBytes(
            """
            {"activity":"refreshInstance","scene":"RENEWAL","orderId":"CS2611240315DEMO1","orderLineId":"CS2611240315DEMO1-000001",
            "instanceId":"lic_01KDVNGM006PSRNCJ8ZK2V8T4E","productId":"OFFI000000000000000001","expireTime":"20270101000000","testFlag":"0"}
            """));

        // Code-like, and 900 characters long as a real one is.
        var code = $"eyJhbGciOiJFZERTQSJ9.{new string('x', 760)}.{new string('y', 86)}";
        _answer = CallContent.FromJson(new MarketplaceAnswer(ResultCode.Success, "success.", code, "lic_01KDVNGM006PSRNCJ8ZK2V8T4E").ToBody());

        _folder = new WorkFolder(Environment.CurrentDirectory);
        _database = SqliteDatabase.Open(new StorageOptions { ConnectionString = $"Data Source={_folder.PathOf("calls.db")}" }, _folder.FullPath, TimeProvider.System);
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _journal = new CallJournal(
            new CallStore(_database), new NodeName("benchmark"), new CallJournalMetrics(meters, TimeProvider.System, NullLogger<CallJournalMetrics>.Instance),
            TimeProvider.System, NullLogger<CallJournal>.Instance);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _journal.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    [Benchmark(Description = "journal: redact a V1 query")]
    public string? RedactQuery() => CallRedaction.ToJson(_query);

    [Benchmark(Description = "journal: redact a V2 body")]
    public string? RedactBody() => CallRedaction.ToJson(_body);

    [Benchmark(Description = "journal: redact an answer")]
    public string? RedactAnswer() => CallRedaction.ToJson(_answer);

    [Benchmark(Description = "journal: all of a call, stored", OperationsPerInvoke = Calls)]
    public async Task StoreAsync()
    {
        for (var i = 0; i < Calls; i++)
        {
            _journal.Record(new EndedCall
            {
                At = TimeProvider.System.GetUtcNow(),
                Direction = CallDirection.In,
                Account = SellerAccount.Default,
                Activity = "getLicense",
                OrderId = string.Create(CultureInfo.InvariantCulture, $"CS{++_number:D12}"),
                InstanceId = _identifiers.NewLicenseId(),
                ResultCode = ResultCode.Success,
                ResultMsg = "success.",
                HttpStatus = 200,
                Duration = TimeSpan.FromMilliseconds(3),
                Request = _query,
                Answer = _answer,
                AccessKeyId = "0badcafe",
            });
        }

        await _journal.FlushAsync(CancellationToken.None);
    }
}
