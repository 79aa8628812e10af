using System.Net;
using LicenseAuthority.Marketplaces.Watch;
using LicenseAuthority.Storage.Sqlite;
using LicenseAuthority.Tests.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Admin;

/// <summary>A store that cannot take a write in time: busy, never success, and nothing half-done.</summary>
internal sealed class BusyStoreTests
{
    [Test]
    public async Task Command_WriterIsBlocked_503BusyAndNothingIsStoredAndLaterItWorks()
    {
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"]);
        var license = await SoldLicense.BuyAsync(app);
        var other = await SoldLicense.BuyAsync(app);
        await other.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(1));
        var conflict = (await other.ConflictsAsync()).Single().GetProperty("id").GetString();
        var third = await SoldLicense.BuyAsync(app);
        var rows = app.CountRows();
        var writer = app.Services.GetRequiredService<SqliteDatabase>().Writer;
        using (new WriterBlock(writer))
        {
            var revoke = license.CommandAsync("revoke");
            var apply = app.Admin.PostAsync($"conflicts/{conflict}/apply");
            var refresh = third.RefreshAsync(app.Time.GetUtcNow() + TimeSpan.FromDays(100));
            Assert.That(SpinWait.SpinUntil(() => writer.QueueLength == 3, Patience.Length), Is.True);

            app.Time.Advance(TimeSpan.FromSeconds(3));

            var revoked = await revoke;
            using (Assert.EnterMultipleScope())
            {
                Assert.That(revoked.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
                Assert.That(revoked.Code, Is.EqualTo("busy"));
                Assert.That((await apply).Code, Is.EqualTo("busy"));
                Assert.That((await refresh).ResultCode, Is.EqualTo("000005"));
                Assert.That(await license.StateAsync(), Is.EqualTo("Active"), "reads go on");
            }
        }

        Assert.That(app.CountRows(), Is.EqualTo(rows));

        // The renewal comes but once: as soon as the store takes it, it stands there for an operator.
        await app.Services.GetRequiredService<MissedRenewals>().KeepWaitingAsync(CancellationToken.None);
        Assert.That((await app.Admin.ListAsync("conflicts?kind=unserved")).Single().GetProperty("licenseId").GetString(), Is.EqualTo(third.Id));
        Assert.That((await license.CommandAsync("revoke")).Status, Is.EqualTo(HttpStatusCode.OK));
    }
}
