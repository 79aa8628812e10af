using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Client.Hosting;

/// <summary>Adds a <see cref="LicenseGuard"/> to a program with a generic host.</summary>
public static class LicenseGuardServices
{
    /// <summary>The name and the tag of the health check.</summary>
    public const string HealthCheckName = "license";

    /// <summary>
    /// Adds a <see cref="LicenseGuard"/> as a singleton, opened when the host starts and disposed when it stops; the health check <c>license</c>; and lines in the log,
    /// of the category <c>LicenseAuthority.Client.LicenseGuard</c>, for what the guard finds. Not thread-safe, as the collection is not.
    /// </summary>
    /// <param name="services">The program's services.</param>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>. A constant of the program.</param>
    /// <param name="rootKeys">1–4 different root lines. Constants of the program.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> or <paramref name="rootKeys"/> is null.</exception>
    /// <exception cref="InvalidOperationException">There is a guard already: a program is one product.</exception>
    /// <remarks>Options that cannot be used stop the start of the host, with an <see cref="ArgumentException"/> that names member and remedy.</remarks>
    public static IServiceCollection AddLicenseGuard(this IServiceCollection services, string productId, IEnumerable<string> rootKeys) =>
        AddLicenseGuard(services, productId, rootKeys, static (_, _) => { });

    /// <summary>The same, with other options than the defaults.</summary>
    /// <param name="services">The program's services.</param>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>. A constant of the program.</param>
    /// <param name="rootKeys">1–4 different root lines. Constants of the program.</param>
    /// <param name="configure">Changes the options before the guard is opened.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException">A parameter other than <paramref name="productId"/> is null.</exception>
    /// <exception cref="InvalidOperationException">There is a guard already: a program is one product.</exception>
    /// <remarks>Options that cannot be used stop the start of the host, with an <see cref="ArgumentException"/> that names member and remedy.</remarks>
    public static IServiceCollection AddLicenseGuard(
        this IServiceCollection services, string productId, IEnumerable<string> rootKeys, Action<LicenseGuardOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return AddLicenseGuard(services, productId, rootKeys, (_, options) => configure(options));
    }

    /// <summary>
    /// The same, for options that are made of other services: settings, or a client of <c>IHttpClientFactory</c>. A <see cref="TimeProvider"/> among the services is the
    /// guard's clock, unless <paramref name="configure"/> sets another one.
    /// </summary>
    /// <param name="services">The program's services.</param>
    /// <param name="productId">The product that this software is, as in the claim <c>aud</c>. A constant of the program.</param>
    /// <param name="rootKeys">1–4 different root lines. Constants of the program.</param>
    /// <param name="configure">Changes the options before the guard is opened.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException">A parameter other than <paramref name="productId"/> is null.</exception>
    /// <exception cref="InvalidOperationException">There is a guard already: a program is one product.</exception>
    /// <remarks>Options that cannot be used stop the start of the host, with an <see cref="ArgumentException"/> that names member and remedy.</remarks>
    public static IServiceCollection AddLicenseGuard(
        this IServiceCollection services, string productId, IEnumerable<string> rootKeys, Action<IServiceProvider, LicenseGuardOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(rootKeys);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(static service => service.ServiceType == typeof(LicenseGuard)))
        {
            throw new InvalidOperationException("AddLicenseGuard was called before. Call it once: a program is one product.");
        }

        string[] roots = [.. rootKeys];
        services.AddSingleton(provider =>
        {
            var options = new LicenseGuardOptions(productId, roots);
            options.Verifier.TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System;
            configure(provider, options);
            return new OpenGuard(LicenseGuard.Open(options), options.Verifier.TimeProvider);
        });
        services.AddSingleton(static provider => provider.GetRequiredService<OpenGuard>().Guard);
        services.AddHostedService(static provider => new LicenseGuardLifetime(
            provider.GetRequiredService<OpenGuard>(), provider.GetRequiredService<ILogger<LicenseGuard>>()));
        services.AddHealthChecks().AddCheck<LicenseHealthCheck>(HealthCheckName, tags: [HealthCheckName]);
        return services;
    }
}
