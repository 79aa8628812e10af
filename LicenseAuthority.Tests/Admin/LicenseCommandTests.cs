using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Admin;

/// <summary>An operator's commands on a license: what they do in each state, and every wrong way to give one.</summary>
[OnEveryDatabase(AlsoOnOddTicks = true)]
internal sealed class LicenseCommandTests
{
    private static readonly string[] Commands = ["revoke", "freeze", "unfreeze", "release", "reissue", "restore"];

    private LicenseAuthorityApplication _app = null!;

    [OneTimeSetUp]
    public async Task Start() => _app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);

    [OneTimeTearDown]
    public async Task Stop() => await _app.DisposeAsync();

    [TestCase("freeze", GivenState.Active, "Frozen")]
    [TestCase("freeze", GivenState.FrozenByExpireCall, "Frozen")]
    [TestCase("freeze", GivenState.FrozenByClock, "Frozen")]
    [TestCase("freeze", GivenState.FrozenByOperator, null)]
    [TestCase("freeze", GivenState.ReleasedByClock, null)]
    [TestCase("freeze", GivenState.ReleasedByMarketplace, null)]
    [TestCase("freeze", GivenState.Revoked, null)]
    [TestCase("unfreeze", GivenState.Active, null)]
    [TestCase("unfreeze", GivenState.FrozenByExpireCall, null)]
    [TestCase("unfreeze", GivenState.FrozenByClock, null)]
    [TestCase("unfreeze", GivenState.FrozenByOperator, "Active")]
    [TestCase("unfreeze", GivenState.ReleasedByClock, null)]
    [TestCase("unfreeze", GivenState.ReleasedByMarketplace, null)]
    [TestCase("unfreeze", GivenState.Revoked, null)]
    [TestCase("release", GivenState.Active, "Released")]
    [TestCase("release", GivenState.FrozenByExpireCall, "Released")]
    [TestCase("release", GivenState.FrozenByClock, "Released")]
    [TestCase("release", GivenState.FrozenByOperator, "Released")]
    [TestCase("release", GivenState.ReleasedByClock, null)]
    [TestCase("release", GivenState.ReleasedByMarketplace, null)]
    [TestCase("release", GivenState.Revoked, null)]
    [TestCase("restore", GivenState.Active, null)]
    [TestCase("restore", GivenState.FrozenByExpireCall, null)]
    [TestCase("restore", GivenState.FrozenByClock, null)]
    [TestCase("restore", GivenState.ReleasedByClock, null)]
    [TestCase("restore", GivenState.ReleasedByClockAndRecorded, null)]
    [TestCase("restore", GivenState.ReleasedByMarketplace, null)]
    [TestCase("restore", GivenState.ReleasedByOperator, null)]
    [TestCase("restore", GivenState.Revoked, null)]
    [TestCase("revoke", GivenState.Active, "Revoked")]
    [TestCase("revoke", GivenState.FrozenByExpireCall, "Revoked")]
    [TestCase("revoke", GivenState.FrozenByClock, "Revoked")]
    [TestCase("revoke", GivenState.FrozenByOperator, "Revoked")]
    [TestCase("revoke", GivenState.ReleasedByClock, "Revoked")]
    [TestCase("revoke", GivenState.ReleasedByClockAndRecorded, "Revoked")]
    [TestCase("revoke", GivenState.ReleasedByMarketplace, "Revoked")]
    [TestCase("revoke", GivenState.ReleasedByOperator, "Revoked")]
    [TestCase("revoke", GivenState.Revoked, null)]
    public async Task Command_InEachState_AppliesWithItsReasonOr409AndNothingIsStored(string command, GivenState given, string? state)
    {
        var license = await Given.LicenseAsync(_app, given);
        var rows = _app.CountRows();
        var before = await license.ShowAsync();

        var reply = await license.CommandAsync(command, $"because of {given}");

        if (state is null)
        {
            using (Assert.EnterMultipleScope())
            {
                Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.Conflict));
                Assert.That(reply.Code, Is.EqualTo("state-does-not-allow"));
                Assert.That(reply.Detail, Is.Not.Empty);
                Assert.That(_app.CountRows(), Is.EqualTo(rows));
            }

            return;
        }

        var last = (await license.EventsAsync())[^1];
        var shown = await license.ShowAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
            Assert.That(reply.Json.GetRawText(), Is.EqualTo(shown.GetRawText()), "the answer is the license as it is now");
            Assert.That(shown.GetProperty("state").GetString(), Is.EqualTo(state));
            Assert.That(shown.GetProperty("code").GetString(), Is.EqualTo(before.GetProperty("code").GetString()), "no new code");
            Assert.That(last.GetProperty("actor").GetString(), Is.EqualTo("admin:bootstrap"));
            Assert.That(last.GetProperty("remark").GetString(), Is.EqualTo($"because of {given}"));
        }
    }

    [TestCase(GivenState.Active, "Active")]
    [TestCase(GivenState.FrozenByExpireCall, "Frozen")]
    [TestCase(GivenState.FrozenByClock, "Frozen")]
    [TestCase(GivenState.FrozenByOperator, "Frozen")]
    [TestCase(GivenState.ReleasedByClock, "Released")]
    [TestCase(GivenState.ReleasedByMarketplace, null)]
    [TestCase(GivenState.ReleasedByOperator, null)]
    [TestCase(GivenState.Revoked, null)]
    public async Task Reissue_InEachState_NewCodeOfTheSameFactsOr409(GivenState given, string? state)
    {
        var license = await Given.LicenseAsync(_app, given);
        var rows = _app.CountRows();
        var before = await license.ShowAsync();

        var reply = await license.CommandAsync("reissue", "the first one was lost");

        if (state is null)
        {
            Assert.That((reply.Status, reply.Code), Is.EqualTo((HttpStatusCode.Conflict, "state-does-not-allow")));
            Assert.That(_app.CountRows(), Is.EqualTo(rows));
            return;
        }

        var last = (await license.EventsAsync())[^1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
            Assert.That(reply.Json.GetProperty("state").GetString(), Is.EqualTo(state));
            Assert.That(reply.Json.GetProperty("generation").GetInt32(), Is.EqualTo(2));
            foreach (var fact in new[] { "expiresAt", "graceEndsAt", "quantity", "startsAt", "issuedAt" })
            {
                Assert.That(reply.Json.GetProperty(fact).GetRawText(), Is.EqualTo(before.GetProperty(fact).GetRawText()), fact);
            }

            Assert.That((await license.BuyAgainAsync()).License, Is.EqualTo(reply.Json.GetProperty("code").GetString()), "the order's answer is the new code");
            Assert.That(last.GetProperty("type").GetString(), Is.EqualTo("license.reissued"));
            Assert.That(last.GetProperty("remark").GetString(), Is.EqualTo("the first one was lost"));
        }
    }

    [Test]
    public async Task Unfreeze_AfterTheTermEnded_LiftsTheHoldAndTheClockKeepsItFrozen()
    {
        var license = await Given.LicenseAsync(_app, GivenState.FrozenByOperator);
        _app.Time.Advance(SoldLicense.Term);

        var reply = await license.CommandAsync("unfreeze");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(reply.Json.GetProperty("state").GetString(), Is.EqualTo("Frozen"));
        }

        await license.RefreshAsync(_app.Time.GetUtcNow() + TimeSpan.FromDays(10));
        Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Unfreeze_WithoutABody_NeedsNoReason()
    {
        var license = await Given.LicenseAsync(_app, GivenState.FrozenByOperator);

        var reply = await _app.Admin.PostAsync($"licenses/{license.Id}/unfreeze");

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
    }

    [Test]
    public async Task Command_UnknownLicense_404()
    {
        foreach (var command in Commands)
        {
            var reply = await _app.Admin.PostAsync($"licenses/lic_01JD5V5ZQ8W3M9X7K2T4R6Y8AB/{command}", "why not");

            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(reply.Code, Is.EqualTo("license-not-found"));
        }
    }

    [Test]
    public async Task Command_ReasonOf1000Characters_IsKeptWhole()
    {
        var license = await SoldLicense.BuyAsync(_app);
        var reason = string.Concat(Enumerable.Repeat("原因\"\\\n/", 166)) + "1234";
        Assert.That(reason, Has.Length.EqualTo(1000));

        var reply = await license.CommandAsync("freeze", $"  {reason}\t");

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
        Assert.That((await license.EventsAsync())[^1].GetProperty("remark").GetString(), Is.EqualTo(reason), "without the white space around it");
    }

    [TestCase("", 400, "bad-reason", Description = "empty")]
    [TestCase("why", 400, "bad-json")]
    [TestCase("{\"reason\":\"x\"", 400, "bad-json", Description = "cut off")]
    [TestCase("{\"reason\":\"x\"} {}", 400, "bad-json", Description = "something after it")]
    [TestCase("{'reason':'x'}", 400, "bad-json")]
    [TestCase("{\"reason\":\"x\",}", 400, "bad-json")]
    [TestCase("/* why */ {\"reason\":\"x\"}", 400, "bad-json")]
    [TestCase("\uFEFF{\"reason\":\"x\"}", 400, "bad-json", Description = "byte order mark")]
    [TestCase("[\"reason\"]", 400, "bad-reason")]
    [TestCase("[]", 400, "bad-reason")]
    [TestCase("42", 400, "bad-reason")]
    [TestCase("null", 400, "bad-reason")]
    [TestCase("\"reason\"", 400, "bad-reason")]
    [TestCase("{}", 400, "bad-reason")]
    [TestCase("{\"Reason\":\"x\"}", 400, "bad-reason")]
    [TestCase("{\"reason\":\"x\",\"force\":true}", 400, "bad-reason")]
    [TestCase("{\"reason\":\"x\",\"reason\":\"y\"}", 400, "bad-reason")]
    [TestCase("{\"reason\":null}", 400, "bad-reason")]
    [TestCase("{\"reason\":1}", 400, "bad-reason")]
    [TestCase("{\"reason\":[\"x\"]}", 400, "bad-reason")]
    [TestCase("{\"reason\":\"\"}", 400, "bad-reason")]
    [TestCase("{\"reason\":\" \\t\\n \"}", 400, "bad-reason", Description = "blank")]
    [TestCase("{\"reason\":\"\u3000\"}", 400, "bad-reason", Description = "blank, ideographic")]
    [TestCase("{\"reason\":\"{1001}\"}", 400, "bad-reason")]
    [TestCase("{\"reason\":\"{10240}\"}", 400, "bad-reason")]
    [TestCase("{\"reason\":\"a\\u0000b\"}", 400, "bad-reason")]
    [TestCase("{\"reason\":\"a\\uD800b\"}", 400, "bad-json", Description = "lone surrogate")]
    [TestCase("{\"reason\":\"a\\uDC00\\uD800\"}", 400, "bad-json", Description = "surrogates the wrong way round")]
    [TestCase("{\"\\uD800\":\"x\"}", 400, "bad-json", Description = "lone surrogate in a name")]
    [TestCase("{\"reason\":\"{1048576}\"}", 413, "too-large")]
    public async Task Command_WrongBody_RefusedWithACodeAndNothingIsStored(string body, int status, string code)
    {
        var license = await SoldLicense.BuyAsync(_app);
        var rows = _app.CountRows();
        var text = body;
        foreach (var length in new[] { 1001, 10_240, 1_048_576 })
        {
            text = text.Replace("{" + length.ToString(CultureInfo.InvariantCulture) + "}", new string('x', length), StringComparison.Ordinal);
        }

        foreach (var command in Commands)
        {
            using var content = new StringContent(text, Encoding.UTF8, "application/json");

            var reply = await _app.Admin.PostAsync($"licenses/{license.Id}/{command}", content);

            // Where no reason is needed, none is no mistake: the command goes on and meets the state.
            var none = command == "unfreeze"
                && body is "" or "{}" or "{\"reason\":\"\"}" or "{\"reason\":\" \\t\\n \"}" or "{\"reason\":\"\u3000\"}";
            using (Assert.EnterMultipleScope())
            {
                Assert.That((int)reply.Status, Is.EqualTo(none ? 409 : status), $"{command}: {reply}");
                Assert.That(reply.Code, Is.EqualTo(none ? "state-does-not-allow" : code), command);
            }
        }

        Assert.That(_app.CountRows(), Is.EqualTo(rows));
        Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Command_BytesThatAreNotUtf8_400()
    {
        var license = await SoldLicense.BuyAsync(_app);
        byte[][] bodies =
        [
            [.. "{\"reason\":\""u8, 0xFF, 0xFE, .. "\"}"u8],
            [.. "{\"reason\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8],
            Encoding.Unicode.GetBytes("{\"reason\":\"x\"}"),
            [.. "{\"reason\":"u8, .. Enumerable.Repeat((byte)'[', 200), .. Enumerable.Repeat((byte)']', 200), (byte)'}'],
        ];
        foreach (var body in bodies)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

            var reply = await _app.Admin.PostAsync($"licenses/{license.Id}/revoke", content);

            Assert.That(reply.Code, Is.EqualTo("bad-json"), reply.ToString());
        }
    }

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("application/xml")]
    [TestCase(null)]
    public async Task Command_WrongContentType_415(string? contentType)
    {
        var license = await SoldLicense.BuyAsync(_app);
        using var content = new ByteArrayContent("{\"reason\":\"x\"}"u8.ToArray());
        content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);

        var reply = await _app.Admin.PostAsync($"licenses/{license.Id}/revoke", content);

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.UnsupportedMediaType), reply.ToString());
        Assert.That(reply.Code, Is.EqualTo("unsupported-media-type"));
        Assert.That(await license.StateAsync(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Command_GivenManyTimesAtOnce_OneApplies()
    {
        var license = await SoldLicense.BuyAsync(_app);

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => license.CommandAsync("freeze", $"operator {i}"))));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(replies.Count(reply => reply.Status == HttpStatusCode.OK), Is.EqualTo(1));
            Assert.That(replies.Count(reply => reply.Code == "state-does-not-allow"), Is.EqualTo(19));
            Assert.That(await license.EventsAsync(), Has.Count.EqualTo(2));
        }
    }
}
