using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary>The real signer, which takes as long as a test says; and a look at whether who waits for it is still there.</summary>
internal sealed class SlowSigner : ILicenseSigner, IStartupFilter
{
    private readonly TaskCompletionSource _holding = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ILicenseSigner _inner = null!;
    private FakeTimeProvider _time = null!;

    /// <summary>How long a code takes.</summary>
    public TimeSpan Takes { get; set; }

    /// <summary>The next code waits until the caller has gone.</summary>
    public bool HoldsUntilTheCallerHasGone { get; set; }

    /// <summary>Ends when a code waits.</summary>
    public Task Holding => _holding.Task;

    public static async Task<(LicenseAuthorityApplication App, SlowSigner Signer)> StartAsync(params string[] settings)
    {
        var signer = new SlowSigner();
        var app = await LicenseAuthorityApplication.StartAsync(settings, builder =>
        {
            var inner = builder.Services.Last(static service => service.ServiceType == typeof(ILicenseSigner));
            builder.Services.Replace(ServiceDescriptor.Singleton<ILicenseSigner>(provider =>
            {
                signer._inner = (ILicenseSigner)(inner.ImplementationFactory?.Invoke(provider)
                    ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!));
                return signer;
            }));
            builder.Services.AddSingleton<IStartupFilter>(signer);
        });
        signer._time = app.Time;
        return (app, signer);
    }

    public async ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken)
    {
        _time.Advance(Takes);
        if (HoldsUntilTheCallerHasGone)
        {
            HoldsUntilTheCallerHasGone = false;
            _holding.SetResult();
            await _gone.Task;
        }

        return await _inner.SignAsync(license, device, cancellationToken);
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, after) =>
        {
            await using var registration = context.RequestAborted.Register(() => _gone.TrySetResult());
            await after(context);
        });
        next(app);
    };
}
