using LicenseAuthority.Client;

namespace LicenseAuthority.Tests.Support;

/// <summary>One cell of the table "events x states" of docs/license-lifecycle.md, seen from outside: whichever generation makes the call.</summary>
internal static class EventStateCell
{
    /// <summary>Calls, and asserts the answer, the state, what happened by the marketplace, and whether there is a new code that fits.</summary>
    public static async Task AssertAsync(
        LicenseAuthorityApplication app, SoldLicense license, Func<Task<MarketplaceReply>> call, string resultCode, string state, string happened, bool newCode = false)
    {
        var before = await license.ShowAsync();
        var eventsBefore = await license.EventsAsync();

        var reply = await call();

        var after = await license.ShowAsync();
        var events = await license.EventsAsync();
        var own = events.Skip(eventsBefore.Count).Where(one => one.GetProperty("actor").GetString() == "marketplace").ToList();
        var generation = before.GetProperty("generation").GetInt32();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.ResultCode, Is.EqualTo(resultCode), reply.ResultMessage);
            Assert.That(reply.License, Is.Null, "no code in the answer");
            Assert.That(after.GetProperty("state").GetString(), Is.EqualTo(state));
            Assert.That(own.ConvertAll(one => one.GetProperty("type").GetString()), Is.EqualTo(new[] { happened }));
            Assert.That(
                events.ConvertAll(one => one.GetProperty("at").GetDateTimeOffset()), Is.Ordered, "event times never decrease within a license");
            Assert.That(after.GetProperty("generation").GetInt32(), Is.EqualTo(newCode ? generation + 1 : generation));
            Assert.That(after.GetProperty("code").GetString() != before.GetProperty("code").GetString(), Is.EqualTo(newCode));
        }

        if (newCode)
        {
            var check = app.Check(after.GetProperty("code").GetString());
            Assert.That(check.License!.ExpiresAt, Is.EqualTo(after.GetProperty("expiresAt").GetDateTimeOffset()));
            Assert.That(check.Outcome, Is.EqualTo(check.License.ExpiresAt > app.Time.GetUtcNow() ? LicenseOutcome.Valid : LicenseOutcome.Frozen));
        }
    }
}
