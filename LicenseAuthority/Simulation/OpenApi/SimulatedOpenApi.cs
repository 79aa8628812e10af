using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Connections;

namespace LicenseAuthority.Simulation.OpenApi;

/// <summary>
/// The marketplace's open API, on loopback: has orders and authorisation codes, takes uploads, checks who calls, and fails when the scenario says so. Thread-safe.
/// </summary>
internal sealed class SimulatedOpenApi : IAsyncDisposable
{
    private const string Root = "/api/mkp-openapi-public/global/v1/";
    private const string Success = "CBC.0000";

    private static readonly TimeSpan LongestLapse = TimeSpan.FromDays(1);

    private readonly WebApplication _host;
    private readonly TimeProvider _time;
    private readonly string _accessKeyId;
    private readonly ConcurrentDictionary<string, SimulatedOrder> _orders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SimulatedCode> _codes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<UploadedCode>> _uploads = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly ConcurrentDictionary<string, bool> _failing = new(StringComparer.Ordinal);
    private int _calls;

    private SimulatedOpenApi(TimeProvider time, int port, string? account)
    {
        _time = time;
        _accessKeyId = AkSkCheck.AccessKeyIdOf(account);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _host = builder.Build();
        _host.Run(ReceiveAsync);
    }

    /// <summary>How it behaves from now on.</summary>
    public OpenApiMood Mood { get; set; }

    /// <summary>Scheme, host and port.</summary>
    public string Url => _host.Urls.Single();

    /// <summary>So many calls came of the account whose marketplace it is.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>What was wrong with calls that came, each time.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>Starts one.</summary>
    /// <param name="time">By which it judges when a call was signed.</param>
    /// <param name="port">Where; null = anywhere.</param>
    /// <param name="account">Whose orders and codes it has; null = the default account's. It knows other accounts, and has nothing of theirs.</param>
    /// <exception cref="SimulationException">The port is in use.</exception>
    public static async Task<SimulatedOpenApi> StartAsync(TimeProvider time, int? port, string? account = null)
    {
        var api = new SimulatedOpenApi(time, port ?? 0, account);
        try
        {
            await api._host.StartAsync();
            return api;
        }
        catch (IOException exception) when (exception.InnerException is AddressInUseException)
        {
            await api._host.DisposeAsync();
            throw new SimulationException($"Port {port} is in use: end the program that listens there, or choose another one with --open-api-port, and start the service with that one.");
        }
        catch (System.Net.Sockets.SocketException exception)
        {
            await api._host.DisposeAsync();
            throw new SimulationException($"The open API cannot listen at port {port} ({exception.Message}): choose another one with --open-api-port, from 1024 on.", exception);
        }
    }

    /// <summary>The settings of a service that uses it.</summary>
    /// <param name="url">Where it is.</param>
    /// <param name="account">The name of the account; null = the default one.</param>
    public static IReadOnlyList<string> SettingsOf(string url, string? account = null)
    {
        var section = account is null ? "Marketplace:OpenApi" : $"Marketplace:Accounts:{account}:OpenApi";
        return [$"{section}:Hosts:0={url}", $"{section}:AccessKeyId={AkSkCheck.AccessKeyIdOf(account)}", $"{section}:SecretAccessKey={AkSkCheck.SecretAccessKey}"];
    }

    /// <summary>Has an order from now on.</summary>
    public SimulatedOrder Add(SimulatedOrder order) => _orders[order.OrderId] = order;

    /// <summary>Has an authorisation code from now on.</summary>
    public void Add(SimulatedCode code) => _codes[code.Text] = code;

    /// <summary>Answers the first upload for an event with HTTP 500.</summary>
    public void FailOnce(string eventId) => _failing[eventId] = true;

    /// <summary>The code that is uploaded for an event; null = none came in good time.</summary>
    public async Task<UploadedCode?> FindUploadAsync(string eventId, TimeSpan patience)
    {
        try
        {
            return await UploadOf(eventId).Task.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(new CancellationToken(canceled: true));
        await _host.DisposeAsync();
    }

    private static JsonObject UnknownOrder => new() { ["resultCode"] = "MKT.0101", ["resultMsg"] = "the order does not exist" };

    private static JsonObject UnknownCode => SimulatedCode.Refusal("92020005", "the code does not exist");

    private TaskCompletionSource<UploadedCode> UploadOf(string eventId) =>
        _uploads.GetOrAdd(eventId, static _ => new TaskCompletionSource<UploadedCode>(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task ReceiveAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (AkSkCheck.FindFault(context.Request, body.ToArray(), _time.GetUtcNow(), _time is LapsingTime ? LongestLapse : default) is { } fault)
        {
            _faults.Enqueue($"{context.Request.Path}: {fault}");
            await AnswerAsync(context, 401, new JsonObject { ["error_code"] = "APIGW.0301", ["error_msg"] = fault });
            return;
        }

        if (AkSkCheck.FindAccessKeyId(context.Request) != _accessKeyId)
        {
            await AnswerAsync(context, 200, context.Request.Path.Value!.EndsWith("order/query", StringComparison.Ordinal) ? UnknownOrder : UnknownCode);
            return;
        }

        Interlocked.Increment(ref _calls);
        if (Mood == OpenApiMood.Well)
        {
            await ServeAsync(context, body.ToArray());
        }
        else
        {
            await BehaveAsync(context, Mood);
        }
    }

    private async Task ServeAsync(HttpContext context, byte[] body)
    {
        var path = context.Request.Path.Value!;
        if (context.Request.Method == "GET" && path == Root + "order/query")
        {
            await AnswerAsync(context, 200, _orders.TryGetValue(context.Request.Query["orderId"].ToString(), out var order)
                ? new JsonObject { ["resultCode"] = "MKT.0000", ["resultMsg"] = "success", ["orderInfo"] = order.ToJson() }
                : UnknownOrder);
        }
        else if (context.Request.Method == "POST" && path.StartsWith(Root + "market-event/", StringComparison.Ordinal) && path.EndsWith("/file", StringComparison.Ordinal))
        {
            var eventId = path[(Root.Length + "market-event/".Length)..^"/file".Length];
            if (_failing.TryRemove(eventId, out _))
            {
                await BehaveAsync(context, OpenApiMood.Broken);
                return;
            }

            var upload = await UploadedCode.ReadAsync(eventId, context.Request.ContentType, body);
            UploadOf(upload.EventId).TrySetResult(upload);
            await AnswerAsync(context, 200, new JsonObject { ["error_code"] = upload.Fault is null ? Success : "91381037", ["error_msg"] = upload.Fault ?? "Success" });
        }
        else if (context.Request.Method == "POST" && path is Root + "license/activate" or Root + "license/heartbeat")
        {
            await ServeCodeAsync(context, body, isActivation: path.EndsWith("activate", StringComparison.Ordinal));
        }
        else
        {
            _faults.Enqueue($"{context.Request.Method} {path}: there is no such call");
            await AnswerAsync(context, 404, new JsonObject { ["error_code"] = "APIGW.0101", ["error_msg"] = "The API does not exist" });
        }
    }

    private async Task ServeCodeAsync(HttpContext context, byte[] body, bool isActivation)
    {
        var text = JsonNode.Parse(body)?["license"]?.GetValue<string>() ?? "";
        if (!_codes.TryGetValue(text, out var code))
        {
            await AnswerAsync(context, 200, UnknownCode);
            return;
        }

        var answer = isActivation ? code.Activate(_time.GetUtcNow()) : code.Show();
        if (isActivation && code.LosesNextAnswer)
        {
            code.LosesNextAnswer = false;
            context.Abort();
            return;
        }

        await AnswerAsync(context, 200, answer);
    }

    private static async Task BehaveAsync(HttpContext context, OpenApiMood mood)
    {
        switch (mood)
        {
            case OpenApiMood.Away:
                context.Abort();
                break;
            case OpenApiMood.Hanging:
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                break;
            case OpenApiMood.Refusing:
                await AnswerAsync(context, 403, new JsonObject { ["error_code"] = "CBC.0150", ["error_msg"] = "Illegal operation" });
                break;
            case OpenApiMood.Empty:
                break;
            case OpenApiMood.NoJson:
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<html><body>be back soon</body></html>");
                break;
            case OpenApiMood.Mistaken:
                await AnswerAsync(context, 200, new JsonObject
                {
                    ["resultCode"] = "MKT.0000",
                    ["orderInfo"] = new JsonObject { ["orderId"] = "SOMEBODYELSES", ["orderType"] = "NEW", ["orderLine"] = new JsonArray() },
                    ["error_code"] = "92020000",
                    ["data"] = new JsonObject { ["license_code"] = "SOMEBODYELSES", ["status"] = "ALIVE", ["license_code_info"] = "{}" },
                });
                break;
            default:
                await AnswerAsync(context, 500, new JsonObject { ["error_code"] = "CBC.0999", ["error_msg"] = "internal error" });
                break;
        }
    }

    private static Task AnswerAsync(HttpContext context, int status, JsonObject json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString());
    }
}
