using LicenseAuthority.Storage;
using Microsoft.Extensions.Options;
using Quartz;

namespace LicenseAuthority.Expiry;

internal static class ExpiryServices
{
    /// <summary>The scheduler's name, and its key in the container.</summary>
    public const string SchedulerName = "license-authority";

    // A node that is silent for this long and as long again is taken for dead, and another one runs its jobs.
    private static readonly TimeSpan CheckinInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public static IServiceCollection AddExpiry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ExpiryOptions>(ExpiryOptions.SectionName);
        services.AddOptions<ExpiryOptions>()
            .Validate(
                options => options.Interval >= Shortest && options.Interval <= Longest,
                "Expiry:Interval must be from 00:00:01 to 01:00:00, such as 00:01:00 for every minute.");
        services.AddSingleton<ISchemaPart, SchedulerTables>();
        services.AddSingleton<Licensing.ExpiryEnforcer>();
        var options = new ExpiryOptions();
        SettingsReader.Read(configuration.GetSection(ExpiryOptions.SectionName), options);
        if (!options.Enabled)
        {
            return services;
        }

        // Named, because only a named scheduler has a clock of its own: to the unnamed one UseTimeProvider gives the container's, and replaces that.
        services.AddQuartz(SchedulerName, quartz =>
        {
            // Not the container's clock: in tests that one stands still, and a schedule means real minutes.
            quartz.UseTimeProvider(TimeProvider.System);
            UseStore(quartz, StorageServices.ChosenDialect(configuration));
            quartz.AddJob<EnforceExpiryJob>(job => job.WithIdentity(EnforceExpiryJob.Key).StoreDurably());
            quartz.AddTrigger<EnforceExpiryJob>((provider, trigger) => trigger
                .ForJob(EnforceExpiryJob.Key)
                .WithIdentity(SweepSchedule.Trigger.Name, SweepSchedule.Trigger.Group)
                .StartNow()
                .WithSimpleSchedule(schedule => schedule
                    .WithInterval(provider.GetRequiredService<IOptions<ExpiryOptions>>().Value.Interval)
                    .RepeatForever()

                    // A run that came too late is not caught up: the next one settles all that is due.
                    .WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithRemainingCount)));
        });
        services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(static provider => new QuietWhileTheDatabaseIsAway(provider));
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        services.AddSingleton<SweepSchedule>();
        services.AddHostedService(static provider => provider.GetRequiredService<SweepSchedule>());
        return services;
    }

    // On SQLite in memory: jobs are static and what a run missed is made up from the licenses themselves, while Quartz's own store would starve beside
    // the writer. On PostgreSQL in the database, so that of several nodes one runs a job, and another takes over when that one dies.
    private static void UseStore(IQuartzBuilder quartz, SqlDialect dialect)
    {
        if (dialect == SqlDialect.Sqlite)
        {
            quartz.UseInMemoryStore(_ => { });
            return;
        }

        quartz.UsePersistentStore(store =>
        {
            store.UsePostgres(source => source.UseRegisteredDataSource = true);
            store.UseSystemTextJsonSerializer();
            store.UseClustering(cluster => cluster.CheckinInterval = CheckinInterval);
            store.ConfigureStore(options =>
            {
                options.TablePrefix = SchedulerTables.Prefix;

                // The tables are made with our migrations, under their lock: two nodes that start at once must not make them both.
                options.SchemaProvisioning = SchemaProvisioning.Validate;
            });
        });
    }
}
