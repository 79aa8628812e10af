using LicenseAuthority.Licensing;
using Microsoft.Extensions.DependencyInjection;

namespace LicenseAuthority.Tests.Support;

/// <summary>Brings licenses into a state over HTTP. Moves the clock where only the clock can do it.</summary>
internal static class Given
{
    /// <summary>How much longer than its purchase a renewed one lasts: less than the grace, so that a refund does not release it.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromDays(5);

    /// <summary>Buys a license, renews it if asked, and brings it into the state.</summary>
    public static async Task<SoldLicense> LicenseAsync(LicenseAuthorityApplication app, GivenState state, bool renewed = false)
    {
        var license = await SoldLicense.BuyAsync(app);
        var expiresAt = app.Time.GetUtcNow() + SoldLicense.Term;
        if (renewed)
        {
            expiresAt += Renewal;
            Succeed(await license.RefreshAsync(expiresAt));
        }

        switch (state)
        {
            case GivenState.FrozenByExpireCall:
                if (renewed)
                {
                    // Further from its end an expire call on a renewed license is a conflict.
                    app.Time.SetUtcNow(expiresAt - TimeSpan.FromDays(1));
                }

                Succeed(await license.ExpireAsync());
                break;
            case GivenState.FrozenByClock:
                app.Time.SetUtcNow(expiresAt + TimeSpan.FromHours(1));
                break;
            case GivenState.FrozenByOperator:
                Assert.That((await license.CommandAsync("freeze")).Code, Is.Null);
                break;
            case GivenState.ReleasedByClock:
                app.Time.SetUtcNow(expiresAt + SoldLicense.Grace + TimeSpan.FromHours(1));
                break;
            case GivenState.ReleasedByClockAndRecorded:
                app.Time.SetUtcNow(expiresAt + SoldLicense.Grace + TimeSpan.FromHours(1));
                await SettleDueAsync(app);
                break;
            case GivenState.ReleasedByMarketplace:
                Succeed(await license.ReleaseAsync());
                break;
            case GivenState.ReleasedByOperator:
                Assert.That((await license.CommandAsync("release")).Code, Is.Null);
                break;
            case GivenState.Revoked:
                Assert.That((await license.CommandAsync("revoke")).Code, Is.Null);
                break;
        }

        return license;
    }

    /// <summary>What the scheduler does.</summary>
    public static async Task<int> SettleDueAsync(LicenseAuthorityApplication app)
    {
        var settling = app.Services.GetRequiredService<ExpiryEnforcer>().SettleDueAsync(CancellationToken.None);
        while (true)
        {
            try
            {
                return await settling.WaitAsync(TimeSpan.FromMinutes(1));
            }
            catch (TimeoutException) when (!settling.IsCompleted)
            {
                // A low write that the clock leapt over is followed by a pause, of three times at most ten seconds, which only the clock ends.
                app.Time.Advance(TimeSpan.FromSeconds(30));
            }
        }
    }

    private static void Succeed(MarketplaceReply reply) => Assert.That(reply.ResultCode, Is.EqualTo("000000"), reply.ResultMessage);
}
