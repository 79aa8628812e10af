using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace LicenseAuthority.Telemetry;

internal static class TelemetryServices
{
    /// <summary>The service's name in telemetry, unless <c>OTEL_SERVICE_NAME</c> says otherwise.</summary>
    public const string ServiceName = "license-authority";

    // Others' own: requests by route, connections, garbage collection, threads; PostgreSQL's pool and commands.
    private static readonly string[] FrameworkMeters = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", StorageServices.DriverMeter];

    /// <summary>
    /// Registers measuring, and where an endpoint is set, sending. Comes after what it measures. The instruments exist in any case and cost next to nothing
    /// while nobody listens; <c>dotnet-counters</c> may.
    /// </summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TelemetryOptions>(TelemetryOptions.SectionName);
        Wrap<ILicenseSigner, MeasuredSigner>(services);
        services.AddInstruments<GroupCommitMetrics>();
        if (StorageServices.ChosenDialect(configuration) == SqlDialect.Sqlite)
        {
            services.AddInstruments<SqliteWriterMetrics>();
        }

        services.AddInstruments<LicenseMetrics>();
        services.AddSingleton<ICommitListener>(static provider => provider.GetRequiredService<LicenseMetrics>());
        services.AddInstruments<OverdueMetrics>();
        services.AddInstruments<OutboxMetrics>();
        services.AddInstruments<PendingOrderMetrics>();
        if (ReadEndpoint(configuration) is { } endpoint)
        {
            AddExport(services, endpoint);
        }

        return services;
    }

    /// <summary>
    /// Registers a class that creates instruments in its constructor. It is created at start, so that gauges are read and counters are known before the
    /// first call. A new area calls this in its own set-up, and describes its instruments in docs/operations.md.
    /// </summary>
    public static IServiceCollection AddInstruments<T>(this IServiceCollection services)
        where T : class
    {
        services.AddSingleton<T>();
        services.AddHostedService<InstrumentsAtStart<T>>();
        return services;
    }

    private static Uri? ReadEndpoint(IConfiguration configuration)
    {
        var options = new TelemetryOptions();
        SettingsReader.Read(configuration.GetSection(TelemetryOptions.SectionName), options);
        if (string.IsNullOrWhiteSpace(options.OtlpEndpoint))
        {
            return null;
        }

        return Uri.TryCreate(options.OtlpEndpoint, UriKind.Absolute, out var endpoint)
            && (endpoint.Scheme == Uri.UriSchemeHttp || endpoint.Scheme == Uri.UriSchemeHttps)
            && endpoint.UserInfo.Length == 0
            && endpoint.Query.Length == 0
            && endpoint.Fragment.Length == 0
            ? endpoint
            : throw new ConfigurationException(
                // Not what was configured: it may hold a password.
                "Telemetry:OtlpEndpoint is no http or https address without user, query and fragment. Set it to where the OTLP receiver takes protobuf over HTTP, "
                + "such as http://localhost:4318, or leave it out to send nothing. Credentials go into OTEL_EXPORTER_OTLP_HEADERS.");
    }

    private static void AddExport(IServiceCollection services, Uri endpoint)
    {
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.Clear()
                .AddService(ServiceName, serviceVersion: AuthorityVersion.Text)
                .AddTelemetrySdk().AddEnvironmentVariableDetector())
            .WithMetrics(metrics => metrics.AddMeter(AuthorityTelemetry.Name).AddMeter(FrameworkMeters))
            .WithTracing(traces => traces
                .AddSource(AuthorityTelemetry.Name)
                .AddAspNetCoreInstrumentation(requests =>
                    requests.Filter = context => !context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))

                // Before the exporter, which is added below.
                .AddProcessor(new QueryRemover()))
            .UseOtlpExporter(OtlpExportProtocol.HttpProtobuf, endpoint);
    }

    // In place of what was registered, around it. What is wrapped needs no disposal.
    private static void Wrap<T, TMeasured>(IServiceCollection services)
        where T : class
        where TMeasured : class, T
    {
        var inner = services.Last(descriptor => descriptor.ServiceType == typeof(T));
        services.Replace(ServiceDescriptor.Singleton<T>(provider => ActivatorUtilities.CreateInstance<TMeasured>(
            provider,
            inner.ImplementationFactory?.Invoke(provider) ?? inner.ImplementationInstance ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!))));
    }
}
