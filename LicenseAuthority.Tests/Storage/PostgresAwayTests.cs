using System.Net;
using LicenseAuthority.Storage;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Storage;

/// <summary>While the server was away each probe wrote four stack traces to the log.</summary>
[OnDatabases(TestDatabase.Postgres)]
internal sealed class PostgresAwayTests
{
    [Test]
    public async Task Ready_AskedOftenWhileTheServerIsAway_TwoLinesAndNoStackTrace()
    {
        using var server = PostgresServer.StartNew(durable: true);
        await using var app = await LicenseAuthorityApplication.StartAsync(["Expiry:Enabled=false"], postgres: server);
        await SoldLicense.BuyAsync(app);
        server.Stop(immediate: true);

        for (var i = 0; i < 20; i++)
        {
            using var down = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            Assert.That(down.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(await down.Content.ReadAsStringAsync(), Does.Not.Contain("127.0.0.1").And.Not.Contain("license_authority"), "whoever asks need not know the server");
        }

        var lines = app.Logs.Lines.Where(static line => line.Level >= LogLevel.Warning).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(lines.Select(static line => line.Category.Split('.')[^1]), Is.EquivalentTo(["DatabaseWatch", "HealthLog"]));
            Assert.That(lines.Select(static line => line.Exception), Is.All.Null);
            Assert.That(lines[0].Message, Does.Contain("does not answer"));
        }

        server.Start();
        using var patience = new CancellationTokenSource(Patience.Length);
        HttpStatusCode up;
        do
        {
            app.Time.Advance(DatabaseWatch.Interval);
            using var answer = await app.Client.GetAsync(new Uri("/health/ready", UriKind.Relative), patience.Token);
            up = answer.StatusCode;
        }
        while (up != HttpStatusCode.OK);
    }
}
