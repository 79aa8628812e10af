using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using LicenseAuthority.Marketplaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Support;

/// <summary>
/// The marketplace's open API as it is for tests: a real server on this machine. It checks AK/SK by an implementation of its own, has orders, takes uploads,
/// and is slow, wrong or dead when a test says so (<see cref="Fault"/>). Thread-safe.
/// </summary>
internal sealed class OpenApiServer : IAsyncDisposable
{
    public const string AccessKeyId = "TESTAK0123456789";
    public const string SecretAccessKey = "test-secret-access-key-0123456789abcdef";

    private const string Root = "/api/mkp-openapi-public/global/v1/";
    private const string UsagePath = "/api/mkp-openapi-public/global/v2/license/software-usage-info";

    private readonly WebApplication _host;
    private readonly Channel<OpenApiCall> _arrivals = Channel.CreateUnbounded<OpenApiCall>();
    private readonly ConcurrentQueue<OpenApiCall> _calls = new();
    private readonly ConcurrentDictionary<string, JsonNode> _orders = new();
    private readonly ConcurrentDictionary<string, OpenApiCode> _codes = new();
    private TimeProvider _time = TimeProvider.System;

    private OpenApiServer(int port, X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        _host = builder.Build();
        _host.Run(ReceiveAsync);
    }

    /// <summary>What to do in place of an answer, once a call was read; null = answer well.</summary>
    public Func<HttpContext, Task>? Fault { get; set; }

    /// <summary>What happens between a question and its answer.</summary>
    public Func<Task>? Meanwhile { get; set; }

    /// <summary>What an upload is answered with, by event id; <c>CBC.0000</c> unless told otherwise. Status 200 goes with every code, as there.</summary>
    public Func<OpenApiUpload, (int Status, string Code)> JudgeUpload { get; set; } = static _ => (200, "CBC.0000");

    /// <summary>What to do in place of the answer to a call about a code, once it was done; null = answer. So an answer is lost, and what it was about is not.</summary>
    public Func<OpenApiCall, Func<HttpContext, Task>?>? LoseAnswer { get; set; }

    /// <summary>What a report of use is answered with; success unless told otherwise.</summary>
    public Func<OpenApiUsage, (int Status, JsonObject Body)> JudgeUsage { get; set; } = static _ => (200, UsageAnswer("92020000"));

    /// <summary>The reports of use that were well signed, in order.</summary>
    public IReadOnlyList<OpenApiUsage> Usages =>
        [.. _calls.Where(static call => call is { SignatureFault: null, Path: UsagePath, Method: "POST" }).Select(static call => OpenApiUsage.Read(call.Body))];

    /// <summary>Scheme, host and port.</summary>
    public string Url => _host.Urls.Single();

    /// <summary>How an account with good credentials reaches it.</summary>
    public OpenApiAccess Access => new([new Uri(Url)], new OpenApiCredentials(AccessKeyId, SecretAccessKey));

    /// <summary>All calls that came, well signed or not, in order.</summary>
    public IReadOnlyCollection<OpenApiCall> Calls => _calls;

    /// <summary>The uploads among them that were well signed.</summary>
    public IReadOnlyList<OpenApiUpload> Uploads => [.. _calls.Where(call => call is { SignatureFault: null, Upload: not null }).Select(call => call.Upload!)];

    /// <summary>Starts one.</summary>
    /// <param name="time">By which it judges when a call was signed; null = the real time. A service on a test's clock needs that clock here.</param>
    /// <param name="port">Where; 0 = anywhere.</param>
    /// <param name="certificate">With TLS and this certificate; null = without.</param>
    public static async Task<OpenApiServer> StartAsync(TimeProvider? time = null, int port = 0, X509Certificate2? certificate = null)
    {
        var server = new OpenApiServer(port, certificate) { _time = time ?? TimeProvider.System };
        await server._host.StartAsync();
        return server;
    }

    /// <summary>The clock by which it judges, when it is known only later.</summary>
    public void Follow(TimeProvider time) => _time = time;

    /// <summary>The settings of a service that uses it as the account <c>default</c>.</summary>
    public string[] Settings =>
    [
        $"Marketplace:OpenApi:Hosts:0={Url}",
        $"Marketplace:OpenApi:AccessKeyId={AccessKeyId}",
        $"Marketplace:OpenApi:SecretAccessKey={SecretAccessKey}",
    ];

    /// <summary>Has an order from now on: one line, one product. What is null is left out.</summary>
    public void AddOrder(
        string orderId, string? productId, string? linearValue = "1", string? expireTime = null, string orderType = "NEW", string? orderLineId = null,
        string? customerId = "customer-1", string? customerName = "A buyer") =>
        AddOrder(orderId, Without(new JsonObject
        {
            ["orderId"] = orderId,
            ["orderType"] = orderType,
            ["createTime"] = "20260101000000",
            ["buyerInfo"] = customerId is null && customerName is null ? null : Without(new JsonObject { ["customerId"] = customerId, ["customerName"] = customerName }),
            ["orderLine"] = new JsonArray(Without(new JsonObject
            {
                ["orderLineId"] = orderLineId ?? orderId + "-000001",
                ["chargingMode"] = expireTime is null ? "ONE_TIME" : "PERIOD",
                ["expireTime"] = expireTime,
                ["productInfo"] = new JsonArray(Without(new JsonObject { ["productId"] = productId, ["skuCode"] = "sku-1", ["linearValue"] = linearValue })),
            })),
        }));

    /// <summary>Has an order from now on, <c>orderInfo</c> as given.</summary>
    public void AddOrder(string orderId, JsonNode orderInfo) => _orders[orderId] = orderInfo;

    /// <summary>Has a code from now on, which is received and not activated unless told otherwise.</summary>
    public OpenApiCode AddCode(string text, string? productId = "OFFI000000000000000001", string? orderId = null, JsonNode? amount = null, string? expireTime = null)
    {
        var code = new OpenApiCode(text) { ProductId = productId, OrderId = orderId ?? SoldLicense.NewOrderId(), Amount = amount, ExpireTime = expireTime };
        _codes[text] = code;
        return code;
    }

    /// <summary>The well signed calls about codes so far, in order: <c>activate</c> and <c>heartbeat</c>.</summary>
    public IReadOnlyList<string> CodeCalls =>
        [.. _calls.Where(call => call.SignatureFault is null && call.Path.StartsWith(Root + "license/", StringComparison.Ordinal)).Select(call => call.Path.Split('/').Last())];

    /// <summary>No longer has it.</summary>
    public void RemoveOrder(string orderId) => _orders.TryRemove(orderId, out _);

    /// <summary>The next call that nobody has waited for yet.</summary>
    public Task<OpenApiCall> NextAsync() => _arrivals.Reader.ReadAsync().AsTask().WaitAsync(Patience.Length);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(new CancellationToken(canceled: true));
        await _host.DisposeAsync();
    }

    /// <summary>A fault: answers with this status and body.</summary>
    public static Func<HttpContext, Task> With(int status, string body, string contentType = "application/json") => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body);
    };

    /// <summary>A fault: AK and SK may not do this.</summary>
    public static Func<HttpContext, Task> Refuse => With(403, """{"error_code":"CBC.0150","error_msg":"Illegal operation"}""");

    /// <summary>A fault: the order of somebody else.</summary>
    public static Func<HttpContext, Task> AnotherOrder =>
        With(200, """{"resultCode":"MKT.0000","resultMsg":"Success","orderInfo":{"orderId":"CSANOTHER","orderType":"NEW","orderLine":[]}}""");

    /// <summary>A fault: never answers, until the caller gives up.</summary>
    public static Task HangAsync(HttpContext context) => WebhookReceiver.HangAsync(context);

    /// <summary>A fault: closes the connection.</summary>
    public static Task CloseAsync(HttpContext context) => WebhookReceiver.CloseAsync(context);

    /// <summary>A fault: a body of 1 GB, as far as the caller reads it.</summary>
    public static async Task EndlessAsync(HttpContext context)
    {
        const long Length = 1L << 30;
        context.Response.ContentLength = Length;
        context.Response.ContentType = "application/json";
        var chunk = new byte[64 * 1024];
        chunk.AsSpan().Fill((byte)' ');
        try
        {
            for (var sent = 0L; sent < Length; sent += chunk.Length)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The caller has read enough.
        }
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = await OpenApiCall.ReadAsync(context.Request, body.ToArray(), _time.GetUtcNow());
        _calls.Enqueue(call);
        _arrivals.Writer.TryWrite(call);
        if (Meanwhile is { } meanwhile)
        {
            await meanwhile();
        }

        if (Fault is { } fault)
        {
            await fault(context);
            return;
        }

        if (call.SignatureFault is { } wrong)
        {
            await With(401, new JsonObject { ["error_code"] = "APIGW.0301", ["error_msg"] = "Incorrect IAM authentication information: " + wrong }.ToJsonString())(context);
        }
        else if (call.Path == Root + "order/query" && call.Method == "GET")
        {
            await AnswerOrderAsync(context, call);
        }
        else if (call.Upload is { } upload && call.Method == "POST")
        {
            var (status, code) = JudgeUpload(upload);
            await With(status, new JsonObject { ["error_code"] = code, ["error_msg"] = code == "CBC.0000" ? "Success" : "Refused" }.ToJsonString())(context);
        }
        else if (call.Path is Root + "license/activate" or Root + "license/heartbeat" && call.Method == "POST")
        {
            await AnswerCodeAsync(context, call);
        }
        else if (call.Path == UsagePath && call.Method == "POST")
        {
            var (status, answer) = JudgeUsage(OpenApiUsage.Read(call.Body));
            await With(status, answer.ToJsonString())(context);
        }
        else
        {
            await With(404, """{"error_code":"APIGW.0101","error_msg":"The API does not exist"}""")(context);
        }
    }

    private async Task AnswerOrderAsync(HttpContext context, OpenApiCall call)
    {
        var answer = _orders.TryGetValue(call.Query.GetValueOrDefault("orderId", ""), out var order)
            ? new JsonObject { ["resultCode"] = "MKT.0000", ["resultMsg"] = "Success", ["orderInfo"] = order.DeepClone() }
            : new JsonObject { ["resultCode"] = "MKT.0101", ["resultMsg"] = "The order does not exist" };
        await With(200, answer.ToJsonString())(context);
    }

    private async Task AnswerCodeAsync(HttpContext context, OpenApiCall call)
    {
        var text = JsonNode.Parse(call.Body)!["license"]!.GetValue<string>();
        var isActivation = call.Path.EndsWith("/activate", StringComparison.Ordinal);
        var answer = _codes.TryGetValue(text, out var code)
            ? isActivation ? code.Activate(_time.GetUtcNow()) : code.Show()
            : Failure("92020005", $"The code {text} does not exist");
        await (LoseAnswer?.Invoke(call) ?? With(200, answer.ToJsonString()))(context);
    }

    /// <summary>An answer to a report of use; what failed its check, if anything did.</summary>
    public static JsonObject UsageAnswer(string code, string message = "an answer", params JsonNode[] failed) => Without(new JsonObject
    {
        ["error_code"] = code,
        ["error_msg"] = message,
        ["data"] = failed.Length == 0 ? null : new JsonObject { ["check_fail_list"] = new JsonArray(failed) },
    });

    internal static JsonObject Failure(string code, string message) => new() { ["error_code"] = code, ["error_msg"] = message };

    internal static JsonObject Without(JsonObject json)
    {
        foreach (var name in json.Where(member => member.Value is null).Select(member => member.Key).ToList())
        {
            json.Remove(name);
        }

        return json;
    }
}

/// <summary>An authorisation code as the marketplace has it (protocol sections 4c and 4d): a test changes what it says.</summary>
internal sealed class OpenApiCode(string text)
{
    public string? ProductId { get; set; }

    public string? OrderId { get; set; }

    /// <summary>A number or a text; null = it is not said.</summary>
    public JsonNode? Amount { get; set; }

    public string? ExpireTime { get; set; }

    public string Status { get; set; } = "ALIVE";

    /// <summary>False = the buyer has not received it yet.</summary>
    public bool IsReceived { get; set; } = true;

    /// <summary>What a second activation is refused with; null = it is answered as the first one.</summary>
    public string? RefusesSecondWith { get; set; }

    /// <summary>Null = it was not activated yet.</summary>
    public string? ActivateTime { get; private set; }

    public JsonObject Activate(DateTimeOffset now)
    {
        if (!IsReceived)
        {
            return OpenApiServer.Failure("92020004", "The code was not received");
        }

        if (ActivateTime is not null && RefusesSecondWith is { } refusal)
        {
            return OpenApiServer.Failure(refusal, $"The code {text} was activated");
        }

        ActivateTime ??= InstanceCall.Text(now);
        var info = OpenApiServer.Without(new JsonObject
        {
            ["status"] = Status,
            ["expire_time"] = ExpireTime,
            ["product_id"] = ProductId,
            ["order_id"] = OrderId,
            ["amount"] = Amount?.DeepClone(),
        });
        return Success(new JsonObject { ["license_code_info"] = info.ToJsonString() });
    }

    public JsonObject Show() => IsReceived
        ? Success(OpenApiServer.Without(new JsonObject
        {
            ["license_code"] = text,
            ["status"] = Status,
            ["activate_time"] = ActivateTime,
            ["expire_time"] = ExpireTime,
        }))
        : OpenApiServer.Failure("92020004", "The code was not received");

    private static JsonObject Success(JsonObject data) => new() { ["error_code"] = "92020000", ["error_msg"] = "success", ["data"] = data };
}

/// <summary>A report of use as the open API got it (protocol section 4e): of each license its entries, as <c>id alice</c> and <c>active_num 5</c>.</summary>
internal sealed record OpenApiUsage(IReadOnlyList<(string License, IReadOnlyList<string> Entries)> Licenses)
{
    /// <summary>What was said of the only license.</summary>
    public IReadOnlyList<string> Entries => Licenses.Single().Entries;

    public static OpenApiUsage Read(byte[] body) => new([.. JsonElement.Parse(body).GetProperty("usage_info").EnumerateArray().Select(static license => (
        license.GetProperty("license").GetString()!,
        (IReadOnlyList<string>)[.. license.GetProperty("software_usage_Info").EnumerateArray().Select(static entry =>
        {
            var member = entry.EnumerateObject().Single();
            return $"{member.Name} {member.Value}";
        })]))]);
}

/// <summary>A call as the open API got it.</summary>
internal sealed record OpenApiCall(
    string Method, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers, byte[] Body, string? SignatureFault)
{
    /// <summary>What was uploaded; null = it was no upload.</summary>
    public OpenApiUpload? Upload { get; private init; }

    /// <summary>The names that were signed, as they stand in the header.</summary>
    public string SignedHeaders => Headers.GetValueOrDefault("authorization", "").Split("SignedHeaders=").Last().Split(',')[0];

    public static async Task<OpenApiCall> ReadAsync(HttpRequest request, byte[] body, DateTimeOffset now)
    {
        var headers = request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString());
        var query = request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        var path = request.Path.Value!;
        var fault = SignatureFaultOf(request.Method, path, query, headers, body, now);
        return new OpenApiCall(request.Method, path, query, headers, body, fault)
        {
            Upload = path.Contains("/market-event/", StringComparison.Ordinal) ? await OpenApiUpload.ReadAsync(path, request.ContentType, body) : null,
        };
    }

    // Written from the scheme's description (protocol section 12), not from the service's code.
    private static string? SignatureFaultOf(
        string method, string path, IReadOnlyDictionary<string, string> query, Dictionary<string, string> headers, byte[] body, DateTimeOffset now)
    {
        if (!headers.TryGetValue("authorization", out var authorization) || !authorization.StartsWith("SDK-HMAC-SHA256 ", StringComparison.Ordinal))
        {
            return "no Authorization";
        }

        var fields = authorization["SDK-HMAC-SHA256 ".Length..].Split(", ").Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[1]);
        if (fields.GetValueOrDefault("Access") != OpenApiServer.AccessKeyId)
        {
            return "unknown access key";
        }

        var names = fields["SignedHeaders"].Split(';');
        if (!names.Contains("host") || !names.Contains("x-sdk-date") || names.Any(name => !headers.ContainsKey(name)))
        {
            return "a signed header is missing";
        }

        if (!DateTimeOffset.TryParseExact(
                headers["x-sdk-date"], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            || (now - at).Duration() > TimeSpan.FromMinutes(15))
        {
            return "stale x-sdk-date";
        }

        var canonical = new StringBuilder()
            .Append(method).Append('\n')
            .AppendJoin('/', path.Split('/').Select(Uri.EscapeDataString)).Append(path.EndsWith('/') ? "\n" : "/\n")
            .AppendJoin('&', query.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Uri.EscapeDataString(pair.Key) + "=" + Uri.EscapeDataString(pair.Value)))
            .Append('\n');
        foreach (var name in names)
        {
            canonical.Append(name).Append(':').Append(headers[name].Trim()).Append('\n');
        }

        canonical.Append('\n').Append(fields["SignedHeaders"]).Append('\n').Append(Convert.ToHexStringLower(SHA256.HashData(body)));
        var text = "SDK-HMAC-SHA256\n" + headers["x-sdk-date"] + "\n" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical.ToString())));
        using var hmac = new HMACSHA256(Encoding.UTF8.GetBytes(OpenApiServer.SecretAccessKey));
        return Convert.ToHexStringLower(hmac.ComputeHash(Encoding.UTF8.GetBytes(text))) == fields["Signature"] ? null : "wrong signature";
    }
}

/// <summary>An upload as the open API got it; members that were not sent are null.</summary>
internal sealed record OpenApiUpload(string EventId, string? Type, string? Characters, string? FileName, string? Sha256, byte[]? File, string Raw)
{
    /// <summary>The license code, as text or from the file.</summary>
    public string Code => Characters ?? Encoding.ASCII.GetString(File!);

    public static async Task<OpenApiUpload> ReadAsync(string path, string? contentType, byte[] body)
    {
        var segments = path.Split('/');
        var boundary = contentType!.Split("boundary=")[1];
        var reader = new Microsoft.AspNetCore.WebUtilities.MultipartReader(boundary, new MemoryStream(body));
        JsonElement? description = null;
        byte[]? file = null;
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            using var content = new MemoryStream();
            await section.Body.CopyToAsync(content);
            if (section.ContentDisposition!.Contains("name=\"isvUpdateFileReq\"", StringComparison.Ordinal))
            {
                description = JsonElement.Parse(content.ToArray());
            }
            else if (section.ContentDisposition.Contains("name=\"file\"", StringComparison.Ordinal))
            {
                file = content.ToArray();
            }
        }

        string? Member(string name) => description is { } json && json.TryGetProperty(name, out var value) ? value.GetString() : null;
        return new OpenApiUpload(
            Uri.UnescapeDataString(segments[^2]), Member("type"), Member("characters"), Member("file_name"), Member("sha256"), file, Encoding.UTF8.GetString(body));
    }
}
