using LicenseAuthority.Admin;
using LicenseAuthority.Codes;
using LicenseAuthority.Doors;
using LicenseAuthority.Expiry;
using LicenseAuthority.Health;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensee;
using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplace;
using LicenseAuthority.Nodes;
using LicenseAuthority.Outbox;
using LicenseAuthority.Storage;
using LicenseAuthority.Telemetry;
using LicenseAuthority.Webhooks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace LicenseAuthority;

/// <summary>Puts the service together. The table of contents: each line is a folder.</summary>
internal static class AuthorityHost
{
    // The marketplace's query may be 16 KiB; what is longer than this never reaches us.
    private const int LongestRequestLine = 64 * 1024;

    /// <summary>
    /// Builds the service; throws <see cref="ConfigurationException"/>, <see cref="OptionsValidationException"/>, <see cref="KeyException"/> or
    /// <see cref="StorageException"/> when it cannot start.
    /// </summary>
    /// <param name="args">The command line: settings as <c>--Section:Key value</c>.</param>
    /// <param name="configure">For tests: replaces services, such as the clock.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.ConfigureKestrel(ConfigureKestrel);
        builder.WebHost.ConfigureKestrel(DoorServices.UseDoors);

        // At Information this category writes down every query, authToken and customer's name included; a general setting must not bring that about.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);

        // What ends a start is said in one line, by Program; the host would log a stack trace before it. Once started, the host speaks for itself.
        var started = false;
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= (started ? LogLevel.Warning : LogLevel.None));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddProblemDetails(Problems.AddCode);
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.Converters.Add(new InstantConverter()));

        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddKeys();
        builder.Services.AddCodes(builder.Configuration, builder.Environment);
        builder.Services.AddLicensing(builder.Configuration, builder.Environment);
        builder.Services.AddWebhooks();
        builder.Services.AddOutbox();
        builder.Services.AddDoors();
        builder.Services.AddMarketplace();
        builder.Services.AddLicensee();
        builder.Services.AddAdmin();
        builder.Services.AddExpiry(builder.Configuration);
        builder.Services.AddNodes(builder.Configuration);
        builder.Services.AddHealth();
        builder.Services.AddTelemetry(builder.Configuration);
        configure?.Invoke(builder);

        var app = builder.Build();
        try
        {
            app.Lifetime.ApplicationStarted.Register(() => started = true);
            CheckSettings(app.Services);
            OpenStores(app.Services);
            app.UseDoors();
            app.MapMarketplace();
            app.MapLicensee();
            app.MapAdmin();
            app.MapHealth();
            return app;
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }

    /// <summary>The web server's settings.</summary>
    public static void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = LongestRequestLine;
    }

    // Before anything listens: whoever gets an answer gets it from a service that can issue.
    private static void OpenStores(IServiceProvider services)
    {
        services.GetRequiredService<AccessKeys>();
        services.GetRequiredService<ApiKeys>();
        services.GetRequiredService<IDatabase>();
        services.GetRequiredService<LiveKeys>();
        services.GetRequiredService<LicenseCodeWriter>().CheckProducts();
    }

    // The host would do it when it starts, which is late: by then stores are open.
    private static void CheckSettings(IServiceProvider services)
    {
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (AggregateException exception)
        {
            // More than one section is wrong.
            throw new ConfigurationException(string.Join(' ', exception.InnerExceptions.Select(inner => inner.Message)));
        }
    }
}
