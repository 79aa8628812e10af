using System.Text.Encodings.Web;
using LicenseAuthority.Admin;
using LicenseAuthority.Clock;
using LicenseAuthority.Codes;
using LicenseAuthority.Commands;
using LicenseAuthority.Doors;
using LicenseAuthority.Expiry;
using LicenseAuthority.Health;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensee;
using LicenseAuthority.Licensing;
using LicenseAuthority.Mark;
using LicenseAuthority.Marketplaces.KooGallery;
using LicenseAuthority.Nodes;
using LicenseAuthority.Outbox;
using LicenseAuthority.PendingOrders;
using LicenseAuthority.Reissue;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;
using LicenseAuthority.Telemetry;
using LicenseAuthority.Webhooks;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Options;

namespace LicenseAuthority;

/// <summary>Puts the service together. The table of contents: each line is a folder.</summary>
internal static class AuthorityHost
{
    // The marketplace's query may be 16 KiB; what is longer than this never reaches us.
    private const int LongestRequestLine = 64 * 1024;

    // At Information it writes down every query, authToken and customer's name included; a general setting must not bring that about.
    private const string QueryCategory = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>Builds the service and opens what it needs, so that it only has to be started.</summary>
    /// <param name="args">The command line: settings as <c>--Section:Key value</c>.</param>
    /// <param name="configure">For tests and the simulator: replaces services, such as the clock.</param>
    /// <param name="onlyArguments">For the simulator: files and variables do not count, which may be those of a service that sells.</param>
    /// <exception cref="OperatorException">It cannot start.</exception>
    /// <exception cref="OptionsValidationException">A setting is out of its range.</exception>
    public static async Task<WebApplication> BuildAsync(string[] args, Action<WebApplicationBuilder>? configure = null, bool onlyArguments = false)
    {
        var builder = ReadSettings(args, onlyArguments);
        ListenAddresses.Check(builder.Configuration);
        RefuseOtherProtocols(builder.Configuration);
        builder.WebHost.ConfigureKestrel(ConfigureKestrel);
        builder.WebHost.ConfigureKestrel(DoorServices.UseDoors);

        builder.Logging.AddFilter(QueryCategory, LogLevel.Warning);
        builder.Services.PostConfigure<LoggerFilterOptions>(KeepQueriesOut);

        // What ends a start is said in one line, by Program; the host would log a stack trace before it. Once started, the host speaks for itself.
        var started = false;
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => level >= (started ? LogLevel.Warning : LogLevel.None));
        builder.Services.AddSingleton(BootTime.OrSystem);
        builder.Services.AddSingleton(NodeName.Create());
        builder.Services.AddProblemDetails(Problems.AddCode);
        builder.Services.ConfigureHttpJsonOptions(static json =>
        {
            json.SerializerOptions.Converters.Add(new InstantConverter());

            // People read it too: names stand as they are, and not as \uXXXX. Nothing here is ever put into a page.
            json.SerializerOptions.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        });

        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddStores();
        builder.Services.AddMark();
        builder.Services.AddKeys();
        builder.Services.AddCodes(builder.Configuration, builder.Environment);
        builder.Services.AddStatusLists();
        builder.Services.AddLicensing();
        builder.Services.AddWebhooks();
        builder.Services.AddOutbox();
        builder.Services.AddDoors();
        builder.Services.AddKooGallery(builder.Configuration, builder.Environment);
        builder.Services.AddLicensee();
        builder.Services.AddAdmin();
        builder.Services.AddExpiry(builder.Configuration);
        builder.Services.AddReissue();
        builder.Services.AddPendingOrders();
        builder.Services.AddNodes(builder.Configuration);
        builder.Services.AddHealth();
        builder.Services.AddTelemetry(builder.Configuration);
        configure?.Invoke(builder);
        builder.Services.AddClock();

        var app = builder.Build();
        try
        {
            app.Lifetime.ApplicationStarted.Register(() => started = true);
            CheckSettings(app.Services);
            await OpenAsync(app.Services);
            app.UseDoors();
            app.MapKooGallery();
            app.MapLicensee();
            app.MapAdmin();
            app.MapHealth();
            app.MapStartPage();
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads all settings, and refuses those that nobody reads.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="onlyArguments">Whether files and variables do not count.</param>
    /// <exception cref="ConfigurationException">There is an unknown one, or the settings file cannot be read.</exception>
    public static WebApplicationBuilder ReadSettings(string[] args, bool onlyArguments = false)
    {
        var arguments = SettingArguments.Read(args);
        try
        {
            var builder = WebApplication.CreateBuilder([.. arguments.Select(static argument => argument.ToArgument())]);
            if (onlyArguments)
            {
                LeaveOnlyArguments(builder.Configuration.Sources);
            }

            KnownSettings.Check(builder.Configuration, arguments);
            return builder;
        }
        catch (InvalidDataException exception)
        {
            throw new ConfigurationException($"{exception.Message} {exception.InnerException?.Message} Mend the file, or take the setting out of it.", exception);
        }
    }

    /// <summary>The web server's settings.</summary>
    public static void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = LongestRequestLine;
    }

    private static void LeaveOnlyArguments(IList<IConfigurationSource> sources)
    {
        foreach (var source in sources.Where(static source => source is EnvironmentVariablesConfigurationSource or FileConfigurationSource).ToList())
        {
            sources.Remove(source);
        }
    }

    // What is set for one provider, such as Logging:Console:LogLevel:Default, goes over every rule for all of them, ours included.
    private static void KeepQueriesOut(LoggerFilterOptions options)
    {
        foreach (var rules in options.Rules.Where(static rule => rule.ProviderName is not null).GroupBy(static rule => rule.ProviderName).ToList())
        {
            var nearest = rules
                .Where(static rule => rule.CategoryName is null || QueryCategory.StartsWith(rule.CategoryName, StringComparison.OrdinalIgnoreCase))
                .MaxBy(static rule => rule.CategoryName?.Length ?? 0);
            if (nearest is not null && nearest.CategoryName?.Length != QueryCategory.Length)
            {
                var level = (LogLevel)Math.Max((int)(nearest.LogLevel ?? LogLevel.Trace), (int)LogLevel.Warning);
                options.Rules.Add(new LoggerFilterRule(rules.Key, QueryCategory, level, filter: null));
            }
        }
    }

    // HTTP/2 writes the names of headers in small letters, and the marketplace reads "Body-Sign" by letter. What Kestrel's own settings say goes over ours.
    private static void RefuseOtherProtocols(ConfigurationManager configuration)
    {
        var kestrel = configuration.GetSection("Kestrel");
        foreach (var protocols in kestrel.GetSection("Endpoints").GetChildren().Append(kestrel.GetSection("EndpointDefaults")).Select(static endpoint => endpoint.GetSection("Protocols")))
        {
            if (protocols.Value is { } value && !value.Equals(nameof(HttpProtocols.Http1), StringComparison.OrdinalIgnoreCase))
            {
                throw new ConfigurationException(
                    $"{protocols.Path} is '{value}', but this service speaks HTTP/1.1 only: HTTP/2 changes the letters of the header Body-Sign, and the marketplace would not find it. Leave the setting out.");
            }
        }
    }

    // In order, and before anything listens: whoever gets an answer gets it from a service that can issue.
    private static async Task OpenAsync(IServiceProvider services)
    {
        try
        {
            await OpenInOrderAsync(services);
        }
        catch (System.Data.Common.DbException exception)
        {
            // What a damaged database says only when it is read.
            throw new StorageException(
                $"The database (Storage:ConnectionString) cannot be used ({exception.Message}): it may be damaged. Check it with its own tools, and restore a backup (docs/operations.md, \"Backup\").",
                exception);
        }
    }

    private static async Task OpenInOrderAsync(IServiceProvider services)
    {
        var adminKeys = services.GetRequiredService<ApiKeys>();
        await services.OpenStorageAsync();
        await services.OpenKeysAsync();
        await services.GetRequiredService<WebhookSecrets>().BringOverAsync();
        await services.OpenMarkAsync();
        services.GetRequiredService<LicenseCodeWriter>().CheckProducts();
        await services.OpenStatusListsAsync();
        if (adminKeys.IsDoorClosed)
        {
            services.GetRequiredService<ILogger<ApiKeys>>().LogInformation("The admin door is closed: there is no API key (Admin:BootstrapApiKey)");
        }
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
