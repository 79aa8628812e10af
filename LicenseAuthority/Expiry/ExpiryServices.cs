using Microsoft.Extensions.Options;
using Quartz;

namespace LicenseAuthority.Expiry;

internal static class ExpiryServices
{
    /// <summary>The scheduler's name, and its key in the container.</summary>
    public const string SchedulerName = "license-authority";

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Registers the clock: Quartz with its in-memory store, as jobs are static and what a run missed is made up from the licenses themselves.</summary>
    public static IServiceCollection AddExpiry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ExpiryOptions>(ExpiryOptions.SectionName);
        services.AddOptions<ExpiryOptions>()
            .Validate(
                options => options.Interval >= Shortest && options.Interval <= Longest,
                "Expiry:Interval must be from 00:00:01 to 01:00:00, such as 00:01:00 for every minute.");
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
            quartz.UseInMemoryStore(_ => { });
            quartz.AddJob<EnforceExpiryJob>(job => job.WithIdentity(EnforceExpiryJob.Key).StoreDurably());
            quartz.AddTrigger<EnforceExpiryJob>((provider, trigger) => trigger
                .ForJob(EnforceExpiryJob.Key)
                .WithIdentity("every-interval", EnforceExpiryJob.Key.Group)
                .StartNow()
                .WithSimpleSchedule(schedule => schedule
                    .WithInterval(provider.GetRequiredService<IOptions<ExpiryOptions>>().Value.Interval)
                    .RepeatForever()

                    // A run that came too late is not caught up: the next one settles all that is due.
                    .WithMisfireInstruction(SimpleTriggerMisfireInstruction.NextWithRemainingCount)));
        });
        services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        return services;
    }
}
