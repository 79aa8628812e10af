using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Marketplaces.KooGallery.OpenApi;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Marketplaces.KooGallery.OpenApi;

/// <summary>The client of the open API against a real server that checks signatures itself.</summary>
internal sealed class OpenApiClientTests
{
    private const string OrderId = "CS2611240315DEMO1";
    private const string Code = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJsaWNfMSJ9.c2lnbmF0dXJl";

    // Long enough for any machine; what must end earlier says so itself.
    private static readonly TimeSpan Limit = Patience.Length;

    private OpenApiServer _server = null!;
    private OpenApiConnections _connections = null!;
    private OpenApiClient _client = null!;

    private Uri Host => new(_server.Url);

    [SetUp]
    public async Task StartAsync()
    {
        _server = await OpenApiServer.StartAsync();
        _connections = new OpenApiConnections(TimeProvider.System);
        _client = new OpenApiClient(_connections, TimeProvider.System);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _connections.Dispose();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task QueryOrder_KnownOrder_IsReadAsAWhole()
    {
        _server.AddOrder(OrderId, "OFFI1", linearValue: "5", expireTime: "20271124155959", orderType: "TRIAL", customerId: "c-1", customerName: "测试 客户");

        var (answer, order) = await QueryAsync();

        Assert.Multiple(() =>
        {
            Assert.That(answer.Succeeded, Is.True, answer.Summary);
            Assert.That(answer, Has.Property("Status").EqualTo(200).And.Property("Code").EqualTo("MKT.0000").And.Property("Host").EqualTo(Host.Authority));
            Assert.That((order!.OrderType, order.CustomerId, order.CustomerName), Is.EqualTo(("TRIAL", "c-1", "测试 客户")));
            var line = order.LineOf(OrderId + "-000001")!;
            Assert.That((line.ProductId, line.Quantity, line.ExpireTime, line.ChargingMode), Is.EqualTo(("OFFI1", 5, "20271124155959", "PERIOD")));
        });
    }

    // What is not sent is not signed, and the other way round.
    [Test]
    public async Task QueryOrder_SignsHostWithItsPortAndTheDate_AndSendsNoContentType()
    {
        await QueryAsync();

        var call = await _server.NextAsync();
        Assert.Multiple(() =>
        {
            Assert.That(call.SignatureFault, Is.Null);
            Assert.That(call.SignedHeaders, Is.EqualTo("host;x-sdk-date"));
            Assert.That(call.Headers["host"], Is.EqualTo(Host.Authority).And.Contains(":"));
            Assert.That(call.Headers, Does.Not.ContainKey("content-type"));
            Assert.That(call.Query, Is.EqualTo(new Dictionary<string, string> { ["orderId"] = OrderId, ["orderLineId"] = OrderId + "-000001" }));
        });
    }

    [TestCase("CS 1/2?3&4=5+6%7~测试")]
    [TestCase("..")]
    public async Task QueryOrder_AnyCharacters_AreSignedAsSent(string orderId)
    {
        _server.AddOrder(orderId, "OFFI1");

        var (answer, order) = await _client.QueryOrderAsync(_server.Access, orderId, null, Limit, CancellationToken.None);

        Assert.That(order?.OrderId, Is.EqualTo(orderId), answer.Summary);
    }

    [Test]
    public async Task QueryOrder_WrongSecret_IsTold()
    {
        var (answer, order) = await _client.QueryOrderAsync(
            _server.Access with { Credentials = new OpenApiCredentials(OpenApiServer.AccessKeyId, "another") }, OrderId, null, Limit, CancellationToken.None);

        Assert.That((answer.Status, answer.Succeeded, order, (await _server.NextAsync()).SignatureFault), Is.EqualTo((401, false, (OrderInfo?)null, "wrong signature")));
    }

    [TestCase(200, "", "HTTP 200, and the answer is empty")]
    [TestCase(502, "<html>", "HTTP 502, and the answer is no JSON")]
    [TestCase(200, "[]", "HTTP 200, and the answer is no JSON object")]
    [TestCase(200, "{}", "HTTP 200, and the answer has no code")]
    [TestCase(200, """{"resultCode":"MKT.0000"}""", "the answer has no order")]
    [TestCase(200, """{"resultCode":"MKT.0000","orderInfo":{"orderId":"CSOTHER"}}""", "the answer is about another order")]
    [TestCase(200, """{"resultCode":"MKT.0000","orderInfo":[]}""", "the answer has no order")]
    public async Task QueryOrder_AnswerWithoutTheOrder_IsAnError(int status, string body, string error)
    {
        _server.Fault = OpenApiServer.With(status, body);

        var (answer, order) = await QueryAsync();

        Assert.That((answer.Error, answer.Succeeded, order), Is.EqualTo((error, false, (OrderInfo?)null)));
    }

    [TestCase(403, """{"error_code":"CBC.0150","error_msg":"Illegal operation"}""")]
    [TestCase(200, """{"error_code":"CBC.0150","error_msg":"Illegal operation"}""")]
    [TestCase(403, "")]
    public async Task QueryOrder_Forbidden_IsToldApart(int status, string body)
    {
        _server.Fault = OpenApiServer.With(status, body);

        var (answer, _) = await QueryAsync();

        Assert.That((answer.IsForbidden, answer.Succeeded), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task QueryOrder_NumbersAsTextAndTextAsNumbers_AreRead()
    {
        _server.Fault = OpenApiServer.With(200, """
            {"resultCode":"CBC.0000","orderInfo":{"orderId":"CS2611240315DEMO1","orderType":null,"buyerInfo":{"customerId":12345},
             "orderLine":{"orderLineId":"x","expireTime":20271124155959,"productInfo":[{"productId":7,"linearValue":5.0}]}}}
            """);

        var line = (await QueryAsync()).Order!;

        Assert.That(
            (line.OrderType, line.CustomerId, line.CustomerName, line.Lines[0].ExpireTime, line.Lines[0].ProductId, line.Lines[0].Quantity),
            Is.EqualTo(((string?)null, "12345", (string?)null, "20271124155959", "7", 5)));
    }

    [TestCase("1", 1)]
    [TestCase("9999999", 9_999_999)]
    [TestCase("2.00", 2)]
    [TestCase("0", null)]
    [TestCase("-1", null)]
    [TestCase("10000000", null)]
    [TestCase("1.5", null)]
    [TestCase("five", null)]
    [TestCase(null, null)]
    public void Quantity_IsAWholeNumber_OrUnreadable(string? linearValue, int? quantity) =>
        Assert.That(new OrderLine { LinearValue = linearValue }.Quantity, Is.EqualTo(quantity));

    [Test]
    public async Task QueryOrder_SeveralLines_TheOneAskedForCounts()
    {
        _server.AddOrder(OrderId, JsonNode.Parse("""
            {"orderId":"CS2611240315DEMO1","orderLine":[{"orderLineId":"1","productInfo":[{"productId":"A"}]},{"orderLineId":"2","productInfo":[{"productId":"B"}]}]}
            """)!);

        var order = (await QueryAsync()).Order!;

        Assert.That((order.LineOf("2")?.ProductId, order.LineOf("3")), Is.EqualTo(("B", (OrderLine?)null)));
    }

    [Test]
    public async Task Send_BodyOf1GB_IsNotRead()
    {
        _server.Fault = OpenApiServer.EndlessAsync;

        var (answer, _) = await QueryAsync();

        Assert.That(answer.Error, Is.EqualTo("HTTP 200, and the answer is longer than 64 KiB"));
    }

    [Test]
    public async Task Send_Redirect_IsNotFollowed()
    {
        await using var elsewhere = await OpenApiServer.StartAsync();
        _server.Fault = context =>
        {
            context.Response.Redirect(elsewhere.Url + "/");
            return Task.CompletedTask;
        };

        var (answer, _) = await QueryAsync();

        Assert.That((answer.Error, elsewhere.Calls.Count), Is.EqualTo(("HTTP 302, and redirects are not followed", 0)));
    }

    [Test]
    public async Task Send_NoAnswer_EndsAtTheLimitOverAllHosts()
    {
        var time = new FakeTimeProvider(TestClock.Round);
        using var connections = new OpenApiConnections(time);
        _server.Fault = OpenApiServer.HangAsync;
        _server.Follow(time);

        var call = new OpenApiClient(connections, time).QueryOrderAsync(_server.Access, OrderId, null, TimeSpan.FromSeconds(1.5), CancellationToken.None);
        await _server.NextAsync();
        time.Advance(TimeSpan.FromSeconds(1.5));

        var (answer, order) = await call.WaitAsync(Patience.Length);
        Assert.That((answer.Error, order), Is.EqualTo(("no answer within 1.5 s", (OrderInfo?)null)));
    }

    [Test]
    public void Send_CallerGivesUp_Throws()
    {
        using var cancellation = new CancellationTokenSource();
        _server.Fault = async context =>
        {
            await cancellation.CancelAsync();
            await OpenApiServer.HangAsync(context);
        };

        Assert.That(
            () => _client.QueryOrderAsync(_server.Access, OrderId, null, Limit, cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Send_FirstHostOutOfReach_TheNextOneAnswers()
    {
        _server.AddOrder(OrderId, "OFFI1");
        var access = _server.Access with { Hosts = [Nobody(), new Uri("http://no-such-host.invalid"), Host] };

        var (answer, order) = await _client.QueryOrderAsync(access, OrderId, null, Limit, CancellationToken.None);

        Assert.That((order?.OrderId, answer.Host), Is.EqualTo((OrderId, Host.Authority)));
    }

    [Test]
    public async Task Send_FirstHostIsSilentInTheHandshake_TheNextOneAnswers()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var connections = new OpenApiConnections(time);
        _server.AddOrder(OrderId, "OFFI1");
        _server.Follow(time);
        using var silent = Listen();
        var access = _server.Access with { Hosts = [Address(silent), Host] };

        var call = new OpenApiClient(connections, time).QueryOrderAsync(access, OrderId, null, TimeSpan.FromSeconds(4), CancellationToken.None);
        using var accepted = await silent.AcceptAsync().WaitAsync(Patience.Length);
        time.Advance(TimeSpan.FromSeconds(2));

        var (answer, order) = await call.WaitAsync(Patience.Length);
        Assert.That((order?.OrderId, answer.Host), Is.EqualTo((OrderId, Host.Authority)), answer.Summary);
    }

    // It took every connection and said nothing: the next one was never asked, for as long as that lasted.
    [Test]
    public async Task Send_FirstHostTakesTheQuestionAndSaysNothing_TheNextOneAnswers()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var connections = new OpenApiConnections(time);
        await using var silent = await OpenApiServer.StartAsync();
        silent.Follow(time);
        silent.Fault = OpenApiServer.HangAsync;
        _server.Follow(time);
        _server.AddOrder(OrderId, "OFFI1");

        var call = new OpenApiClient(connections, time).QueryOrderAsync(
            _server.Access with { Hosts = [new Uri(silent.Url), Host] }, OrderId, null, TimeSpan.FromSeconds(15), CancellationToken.None);
        await silent.NextAsync();
        time.Advance(TimeSpan.FromSeconds(7.5));

        var (answer, order) = await call.WaitAsync(Patience.Length);
        Assert.That((order?.OrderId, answer.Host), Is.EqualTo((OrderId, Host.Authority)), answer.Summary);
    }

    // A gateway that refuses a signature may quote it, and log, journal and operators would show it.
    [Test]
    public async Task Send_AnswerQuotesTheCredentials_TheyAreBlottedOut([Values] bool escaped)
    {
        string Quoted(string text) => escaped ? string.Concat(text.Select(static letter => $"\\u{(int)letter:x4}")) : text;
        var signature = "";
        _server.Fault = async context =>
        {
            signature = context.Request.Headers.Authorization.ToString().Split("Signature=")[1];
            var message = $"verify aksk fail, AK: {Quoted(OpenApiServer.AccessKeyId)}, signature {Quoted(signature)}";
            await OpenApiServer.With(403, $$"""{"error_code":"APIGW.0301","error_msg":"{{message}}"}""")(context);
        };

        var (answer, _) = await QueryAsync();

        Assert.That(signature, Has.Length.EqualTo(64));
        Assert.That(answer.Message, Does.StartWith("verify aksk fail, AK: ***").And.Not.Contain(OpenApiServer.AccessKeyId).And.Not.Contain(signature));
        Assert.That(answer.Body.ToString(), Does.Not.Contain(signature).And.Not.Contain(Quoted(signature)));
    }

    // The marketplace has nothing of it: what it says later of the event is about somebody else's upload.
    [Test]
    public async Task UploadLicense_TimeIsOverBeforeAHostIsReached_NobodyHasReadAnything([Values] bool isReached)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var connections = new OpenApiConnections(time);
        _server.Follow(time);
        _server.Fault = OpenApiServer.HangAsync;
        using var silent = Listen();
        var access = isReached ? _server.Access : _server.Access with { Hosts = [Address(silent)] };

        var call = new OpenApiClient(connections, time)
            .UploadLicenseAsync(access, new LicenseUpload("event-1", "lic_1", Code), TimeSpan.FromSeconds(4), CancellationToken.None);
        using var accepted = isReached ? null : await silent.AcceptAsync().WaitAsync(Patience.Length);
        if (isReached)
        {
            await _server.NextAsync();
        }

        time.Advance(TimeSpan.FromSeconds(4));

        var answer = await call.WaitAsync(Patience.Length);
        Assert.That((answer.Status, answer.IsOutOfReach), Is.EqualTo(((int?)null, !isReached)), answer.Summary);
    }

    // It was reached: what it says counts, and nothing is sent twice.
    [Test]
    public async Task Send_FirstHostRefuses_TheNextOneIsNotAsked()
    {
        await using var next = await OpenApiServer.StartAsync();
        _server.Fault = OpenApiServer.With(500, """{"error_code":"CBC.0999","error_msg":"internal"}""");

        var (answer, _) = await _client.QueryOrderAsync(
            _server.Access with { Hosts = [Host, new Uri(next.Url)] }, OrderId, null, Limit, CancellationToken.None);

        Assert.That((answer.Status, answer.Code, next.Calls.Count), Is.EqualTo((500, "CBC.0999", 0)));
    }

    [Test]
    public async Task Send_ConnectionBreaks_TheNextOneIsNotAsked()
    {
        await using var next = await OpenApiServer.StartAsync();
        _server.Fault = OpenApiServer.CloseAsync;

        var (answer, _) = await _client.QueryOrderAsync(
            _server.Access with { Hosts = [Host, new Uri(next.Url)] }, OrderId, null, Limit, CancellationToken.None);

        Assert.That((answer.Error, next.Calls.Count), Is.EqualTo(("the connection broke, or the answer was no HTTP", 0)));
    }

    [Test]
    public async Task Send_NoHostInReach_IsAnError()
    {
        var (answer, _) = await _client.QueryOrderAsync(_server.Access with { Hosts = [Nobody(), Nobody()] }, OrderId, null, Limit, CancellationToken.None);

        Assert.That((answer.Status, answer.Error), Is.EqualTo(((int?)null, "no connection")));
    }

    [Test]
    public async Task Send_CertificateOfNobodyTrusted_NothingIsSent()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var selfSigned = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await using var server = await OpenApiServer.StartAsync(certificate: selfSigned);

        var (answer, _) = await _client.QueryOrderAsync(server.Access, OrderId, null, Limit, CancellationToken.None);

        Assert.That((answer.Error, server.Calls.Count), Is.EqualTo(("TLS failed; the certificate must be one that this system trusts", 0)));
    }

    [Test]
    public async Task UploadLicense_ShortCode_GoesAsText()
    {
        var answer = await UploadAsync(Code);

        var call = await _server.NextAsync();
        Assert.Multiple(() =>
        {
            Assert.That((answer.Succeeded, call.SignatureFault), Is.EqualTo((true, (string?)null)), answer.Summary);
            Assert.That(call.SignedHeaders, Is.EqualTo("host;x-sdk-date"));
            Assert.That(call.Upload, Is.EqualTo(call.Upload! with { EventId = "event-1", Type = "CHARACTERS", Characters = Code, FileName = null, Sha256 = null, File = null }));
        });
    }

    [TestCase(1024, "CHARACTERS")]
    [TestCase(1025, "FILE")]
    public async Task UploadLicense_LongCode_GoesAsAFileWithItsHash(int length, string type)
    {
        var code = new string('a', length);

        await UploadAsync(code);

        var upload = (await _server.NextAsync()).Upload!;
        Assert.That((upload.Type, upload.Code), Is.EqualTo((type, code)));
        if (type == "FILE")
        {
            Assert.That(
                (upload.FileName, upload.Characters, upload.Sha256),
                Is.EqualTo(("lic_1.lic", (string?)null, Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(code))))));
        }
    }

    // Receivers in the wild know no more than this.
    [Test]
    public async Task UploadLicense_OnTheWire_HasQuotedNamesAndAnUnquotedBoundary()
    {
        await UploadAsync(new string('a', 2000));

        var call = await _server.NextAsync();
        Assert.Multiple(() =>
        {
            Assert.That(call.Headers["content-type"], Does.Match("^multipart/form-data; boundary=[A-Za-z0-9]+$"));
            Assert.That(call.Upload!.Raw, Does.Contain("Content-Disposition: form-data; name=\"isvUpdateFileReq\"\r\nContent-Type: application/json\r\n\r\n{\"type\":\"FILE\""));
            Assert.That(call.Upload.Raw, Does.Contain("Content-Disposition: form-data; name=\"file\"; filename=\"lic_1.lic\"\r\n"));
            Assert.That(call.Upload.Raw, Does.Not.Contain("filename*"));
        });
    }

    [Test]
    public async Task UploadLicense_RefusedWithStatus200_IsTold()
    {
        _server.JudgeUpload = static _ => (200, "91381037");

        var answer = await UploadAsync(Code);

        Assert.That((answer.Succeeded, answer.Status, answer.Code), Is.EqualTo((false, 200, "91381037")));
    }

    [Test]
    public async Task Send_JsonBody_SignsItsType()
    {
        await _client.SendAsync(_server.Access, OpenApiRequest.PostJson(["v1", "license", "activate"], """{"license":"PL1"}"""u8.ToArray()), Limit, CancellationToken.None);

        var call = await _server.NextAsync();
        Assert.That(
            (call.SignatureFault, call.SignedHeaders, call.Path),
            Is.EqualTo(((string?)null, "content-type;host;x-sdk-date", "/api/mkp-openapi-public/global/v1/license/activate")));
    }

    private Task<OrderAnswer> QueryAsync() => _client.QueryOrderAsync(_server.Access, OrderId, OrderId + "-000001", Limit, CancellationToken.None);

    private Task<OpenApiAnswer> UploadAsync(string code) =>
        _client.UploadLicenseAsync(_server.Access, new LicenseUpload("event-1", "lic_1", code), Limit, CancellationToken.None);

    // Connections are taken by the system, and nobody says anything on them.
    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }

    private static Uri Address(Socket listener) => new($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");

    private static Uri Nobody() => new($"http://127.0.0.1:{FreePort.Find()}");
}
