using System.Net;
using System.Net.Http.Headers;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Tests.Licensee;

/// <summary>Who shows codes that were not issued here is slowed down by the address, which only a known proxy may name.</summary>
internal sealed class CallerLimitTests
{
    private const string Unknown = "eyJhbGciOiJFZERTQSJ9.e30.AAAA";
    private const string Few = "Licensee:UnknownCodesPerMinute=2";
    private const string BehindLoopback = "ReverseProxy:KnownProxies:0=127.0.0.1";

    [Test]
    public async Task Refresh_UnknownCodesTooOften_429WithRetryAfterUntilTheMinuteIsOver()
    {
        await using var app = await StartAsync();
        List<HttpStatusCode> statuses = [await ShowAsync(app, Unknown), await ShowAsync(app, null), await ShowAsync(app, Unknown)];
        using var refused = await SendAsync(app, Unknown);
        var problem = await AdminReply.ReadAsync(refused);
        app.Time.Advance(refused.Headers.RetryAfter!.Delta!.Value);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(statuses, Is.EqualTo([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests]));
            Assert.That(problem.Code, Is.EqualTo("too-many-requests"));
            Assert.That(problem.Detail, Does.Contain("address"));
            Assert.That(await ShowAsync(app, Unknown), Is.EqualTo(HttpStatusCode.Unauthorized));
        }
    }

    [Test]
    public async Task Refresh_KnownCodeFromAnAddressThatShowsTooManyUnknownOnes_IsServed()
    {
        await using var app = await StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        while (await ShowAsync(app, Unknown) != HttpStatusCode.TooManyRequests)
        {
        }

        Assert.That(await ShowAsync(app, license.FirstCode), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Refresh_KnownCodes_DoNotCountAsUnknown()
    {
        await using var app = await StartAsync();
        var license = await SoldLicense.BuyAsync(app);
        for (var i = 0; i < 5; i++)
        {
            Assert.That(await ShowAsync(app, license.FirstCode), Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(await ShowAsync(app, Unknown), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    // Each call says another address. Who counts: the same one if the header is not believed, another one if it is.
    [TestCase(null, "192.0.2.{0}", false, TestName = "Refresh_NoKnownProxy_WhatTheCallerSaysDoesNotCount")]
    [TestCase("10.0.0.0/8", "192.0.2.{0}", false, TestName = "Refresh_CallerIsNoKnownProxy_WhatItSaysDoesNotCount")]
    [TestCase("127.0.0.1", "192.0.2.{0}", true, TestName = "Refresh_KnownProxy_NamesTheAddress")]
    [TestCase("127.0.0.0/8", "192.0.2.{0}", true, TestName = "Refresh_KnownNetwork_NamesTheAddress")]
    [TestCase("127.0.0.1", "192.0.2.{0}, 198.51.100.1", false, TestName = "Refresh_SeveralEntries_WhatTheCallerWroteBeforeTheLastOneDoesNotCount")]
    [TestCase("127.0.0.1", "192.0.2.{0}, 10.0.0.9", false, TestName = "Refresh_SeveralEntriesOfUnknownProxies_TheLastOneIsTheCaller")]
    [TestCase("127.0.0.1|10.0.0.0/8", "198.51.100.{0}, 192.0.2.7, 10.0.0.9", false, TestName = "Refresh_SeveralEntriesOfKnownProxies_GoesBackToTheFirstUnknownOneAndNoFurther")]
    [TestCase("127.0.0.1|10.0.0.0/8", "192.0.2.{0}, 10.0.0.9", true, TestName = "Refresh_SeveralEntriesOfKnownProxies_TheFirstUnknownOneIsTheCaller")]
    [TestCase("127.0.0.1", "2001:db8::{0}", false, TestName = "Refresh_Ipv6_AddressesOfA64AreOneCaller")]
    [TestCase("127.0.0.1", "2001:db8:0:{0}::1", true, TestName = "Refresh_Ipv6_Other64sAreOtherCallers")]
    [TestCase("127.0.0.1", "nonsense {0}", false, TestName = "Refresh_NoAddressInTheHeader_TheProxyIsTheCaller")]
    public async Task Refresh_ForwardedFor_CountsBehindKnownProxiesOnly(string? proxies, string forwarded, bool each)
    {
        string[] known = [.. (proxies?.Split('|') ?? []).Select((proxy, number) => $"ReverseProxy:KnownProxies:{number}={proxy}")];
        await using var app = await StartAsync(known);
        var statuses = new List<HttpStatusCode>();
        for (var i = 1; i <= 4; i++)
        {
            statuses.Add(await ShowAsync(app, Unknown, string.Format(System.Globalization.CultureInfo.InvariantCulture, forwarded, i)));
        }

        Assert.That(statuses[^1], Is.EqualTo(each ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests));
        Assert.That(statuses[..2], Has.All.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Refresh_TwoHeadersForwardedFor_AreOneList()
    {
        await using var app = await StartAsync(BehindLoopback);
        var statuses = new List<HttpStatusCode>();
        for (var i = 1; i <= 3; i++)
        {
            using var request = Request(Unknown);
            request.Headers.Add("X-Forwarded-For", [$"192.0.2.{i}"]);
            request.Headers.Add("X-Forwarded-For", ["198.51.100.1"]);
            using var response = await app.Client.SendAsync(request);
            statuses.Add(response.StatusCode);
        }

        Assert.That(statuses[^1], Is.EqualTo(HttpStatusCode.TooManyRequests));
    }

    [TestCase("localhost", "no IP address")]
    [TestCase("1", "no IP address")]
    [TestCase("127.1", "no IP address")]
    [TestCase("", "no IP address")]
    [TestCase("10.0.0.1:80", "no IP address")]
    [TestCase("10.0.0.1/8", "no network")]
    [TestCase("10.0.0.0/33", "no network")]
    [TestCase("0.0.0.0/0", "every address")]
    [TestCase("::/0", "every address")]
    public async Task Start_KnownProxyThatIsNone_NamesTheSettingAndTheRemedy(string value, string what)
    {
        var refusal = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync(BehindLoopback, $"ReverseProxy:KnownProxies:1={value}"));

        Assert.That(refusal!.Message, Does.StartWith("ReverseProxy:KnownProxies:1 is ").And.Contain(what).And.Contain("such as 10.0.0.0/8"));
    }

    // It believes every caller, so the limit would be nobody's.
    [Test]
    public async Task Start_SwitchOfTheFramework_IsRefusedWithTheRemedy()
    {
        var refusal = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync("forwardedHeaders_enabled=true"));

        Assert.That(refusal!.Message, Does.Contain("ASPNETCORE_FORWARDEDHEADERS_ENABLED").And.Contain("ReverseProxy:KnownProxies:0="));
    }

    [TestCase("0")]
    [TestCase("10001")]
    public async Task Start_LimitOutOfItsRange_NamesTheSetting(string value)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync($"Licensee:UnknownCodesPerMinute={value}"));

        Assert.That(refusal!.Message, Does.StartWith("Licensee:UnknownCodesPerMinute must be"));
    }

    private static Task<LicenseAuthorityApplication> StartAsync(params string[] settings) =>
        LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false", Few, .. settings]);

    private static async Task<HttpStatusCode> ShowAsync(LicenseAuthorityApplication app, string? code, string? forwarded = null)
    {
        using var response = await SendAsync(app, code, forwarded);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(LicenseAuthorityApplication app, string? code, string? forwarded = null)
    {
        using var request = Request(code);
        if (forwarded is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
        }

        return await app.Client.SendAsync(request);
    }

    private static HttpRequestMessage Request(string? code)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/licensee/v1/refresh");
        request.Headers.Authorization = code is null ? null : new AuthenticationHeaderValue("Bearer", code);
        return request;
    }
}
