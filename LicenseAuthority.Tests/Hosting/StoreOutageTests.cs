using System.Net;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>A store that is away for a minute filled the log: a line for each call and each service, some with a stack trace, and all of them said the same.</summary>
internal sealed class StoreOutageTests
{
    private const string Cause = "the database does not answer";

    [Test]
    public async Task Call_OfAnOutageThatIsTold_IsAnsweredAndNotToldAgain()
    {
        await using var app = await StartAsync(isReported: true);

        using var admin = await app.AdminAsync("/admin/v1/licenses");
        var order = await app.Marketplace.SendAsync(GetLicenseCall.For("CS1"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(admin.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(order.ResultCode, Is.EqualTo("000005"));
            Assert.That(app.Logs.Lines.Where(line => line.Level >= LogLevel.Warning && line.Message.Contains(Cause, StringComparison.Ordinal)), Is.Empty);
            Assert.That(app.Logs.Lines.Where(line => line.Exception is not null), Is.Empty);

            // Which order, and the number that its caller was told.
            Assert.That(
                app.Logs.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Message),
                Has.Some.Contains("order CS1").And.Contains(order.ResultMessage!.Split(' ')[2].TrimEnd(';')));
        }
    }

    [Test]
    public async Task AdminCall_StoreIsBusyAndNobodyToldYet_IsOneLineWithoutStackTrace()
    {
        await using var app = await StartAsync(isReported: false);

        using var admin = await app.AdminAsync("/admin/v1/licenses");

        Assert.That(admin.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        var line = app.Logs.Lines.Single(line => line.Level >= LogLevel.Warning);
        Assert.That((line.Message.Contains(Cause, StringComparison.Ordinal), line.Exception), Is.EqualTo((true, (Exception?)null)));
    }

    [TestCase(true, 0)]
    [TestCase(false, 1)]
    public async Task Poll_FailsForTheStore_IsToldWhereNobodyHas(bool isReported, int told)
    {
        var time = new FakeTimeProvider();
        using var service = new Polling(() => new StoreBusyException(Cause) { IsReported = isReported }, time);
        await service.StartAsync(CancellationToken.None);
        while (service.Looks < 3)
        {
            time.Advance(Polling.Interval);
            await Task.Yield();
        }

        await service.StopAsync(CancellationToken.None);

        Assert.That(service.Told, Is.EqualTo(told));
    }

    private static Task<LicenseAuthorityApplication> StartAsync(bool isReported) => LicenseAuthorityApplication.StartAsync(configure: builder =>
    {
        var away = new Away(() => new StoreBusyException(Cause) { IsReported = isReported });
        builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseQueries>(away));
        builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(away));
    });

    private sealed class Polling(Func<Exception> fail, TimeProvider time) : PollingService(Interval, lookAtStart: true, time)
    {
        public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

        public int Looks { get; private set; }

        public int Told { get; private set; }

        protected override Task LookAsync(CancellationToken cancellationToken)
        {
            Looks++;
            throw fail();
        }

        protected override void TellFailure(Exception exception) => Told++;
    }

    private sealed class Away(Func<Exception> fail) : FailingQueries(fail), ILicenseSigner
    {
        private readonly Func<Exception> _fail = fail;

        public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) => throw _fail();
    }
}
