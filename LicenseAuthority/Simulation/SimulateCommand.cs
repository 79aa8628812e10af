using System.CommandLine;
using System.Globalization;
using LicenseAuthority.Client;
using LicenseAuthority.Commands;
using LicenseAuthority.Simulation.Scenarios;

namespace LicenseAuthority.Simulation;

/// <summary>
/// The command <c>simulate</c>: the marketplace at home. Makes the calls of a scenario, compares the answers with what they must be, and says in its exit code
/// whether all were: 0 = all, 1 = there are deviations, 2 = it could not be run.
/// </summary>
internal static class SimulateCommand
{
    private const int Deviations = 1;
    private const int NotRun = 2;

    private const string Example = "--Storage:Provider Postgres --Storage:ConnectionString \"Host=…;Database=…\" with an empty database";

    private static readonly IScenario[] Scenarios = [new V1Scenario(), new JointScenario(), new V2Scenario(), new AuthorizationCodeScenario()];

    /// <summary>Makes the command.</summary>
    /// <param name="dispatcher">What runs it.</param>
    /// <param name="build">Builds a service from arguments alone, which the simulator starts as its own.</param>
    public static Command Create(CommandDispatcher dispatcher, Func<string[], Action<WebApplicationBuilder>, Task<WebApplication>> build)
    {
        var names = string.Join(", ", Scenarios.Select(static scenario => scenario.Name));
        var scenario = new Argument<string>("SCENARIO") { Description = $"whose calls: {names}" };
        var against = CommandDispatcher.TextOption(
            "--against", "URL", "the service to call, by its base address or by the production address of an account; without, the simulator starts one of its own");
        var accessKey = CommandDispatcher.TextOption(
            "--access-key", "KEY", $"the account's access key, also {Variable(nameof(SimulateOptions.AccessKey))}; the demo key if there is none");
        var adminKey = CommandDispatcher.TextOption("--admin-key", "KEY", $"an admin API key to check states with, also {Variable(nameof(SimulateOptions.AdminKey))}");
        var admin = CommandDispatcher.TextOption("--admin", "URL", "the base address of the admin door, where it has one of its own (Admin:Urls); without, the service's");
        var rootKey = CommandDispatcher.TextOption("--root-key", "LINE", "the root public key of the service (la-root-1:…), to verify codes with; without, only their form is looked at");
        var productId = CommandDispatcher.TextOption("--product-id", "ID", "the marketplace's product id in orders, one that the service sells");
        var openApiPort = new Option<int?>("--open-api-port") { HelpName = "N", Description = "where the simulator's open API listens on this machine, 1024 to 65535" };
        openApiPort.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var value }]
                && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1024 and <= 65535))
            {
                result.AddError("Option '--open-api-port' takes a port from 1024 to 65535.");
            }
        });
        var real = new Option<bool>("--real") { Description = "orders at the service of --against are real ones, and count; needs --yes" };
        var yes = new Option<bool>("--yes") { Description = "does it: real licenses at a service that may be selling" };
        var timeLapse = new Option<bool>("--time-lapse") { Description = "a year and more in a minute, at the simulator's own service" };
        var command = dispatcher.CreateWithExitCode(
            "simulate",
            "Calls a service as the marketplace does, from an order to its end and with whatever goes wrong on the way, and compares the answers with what they must be. "
            + $"Other settings (--Section:Key VALUE) are those of the simulator's own service, such as {Example}. "
            + "The exit code is 0 when all is as it must be, 1 when there are deviations, 2 when it could not be run.",
            [against, accessKey, adminKey, admin, rootKey, productId, openApiPort, real, yes, timeLapse],
            NotRun,
            async (parsed, given) =>
            {
                var options = new SimulateOptions();
                SettingsReader.Read(given.Configuration.GetSection(SimulateOptions.SectionName), options);
                var request = new SimulationRequest
                {
                    Scenario = FindScenario(parsed.GetValue(scenario)!),
                    Against = parsed.GetValue(against) is { } address ? TargetAddress.Parse(address) : null,
                    AccessKey = parsed.GetValue(accessKey) ?? NullIfEmpty(options.AccessKey) ?? Marketplaces.MarketplaceOptions.DemoAccessKey,
                    AdminKey = parsed.GetValue(adminKey) ?? NullIfEmpty(options.AdminKey),
                    Admin = parsed.GetValue(admin) is { } door ? TargetAddress.ParseAdmin(door) : null,
                    ProductId = parsed.GetValue(productId),
                    OpenApiPort = parsed.GetValue(openApiPort),
                    Real = parsed.GetValue(real),
                    TimeLapse = parsed.GetValue(timeLapse),
                    RootLines = parsed.GetValue(rootKey) is { } line ? [line] : [],
                };
                Check(request, parsed.GetValue(yes), given.Settings);
                var table = new CallTable(given.Output);
                await new Simulator(request, given.Settings, build, table).RunAsync();
                table.End();
                return table.Deviations == 0 ? 0 : Deviations;
            });
        command.Arguments.Add(scenario);
        return command;
    }

    private static string Variable(string setting) => $"{SimulateOptions.SectionName}__{setting} in the environment, where others cannot see it";

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static IScenario FindScenario(string name)
    {
        var names = Scenarios.Select(static scenario => scenario.Name).ToList();
        return Array.Find(Scenarios, scenario => scenario.Name == name)
            ?? throw new SimulationException(
                $"There is no such scenario{(NearestName.FindClose(name, names) is { } meant ? $": did you mean {meant}?" : ".")} SCENARIO is one of {string.Join(", ", names)}, and stands before the options.");
    }

    private static void Check(SimulationRequest request, bool yes, IReadOnlyList<SettingArgument> settings)
    {
        if (request.Against is null)
        {
            if (request.Real || request.RootLines.Count > 0 || request.Admin is not null)
            {
                throw new SimulationException("--real, --root-key and --admin go with --against: the simulator's own service sells nothing, and its keys are known.");
            }

            return;
        }

        if (request.RootLines.Count > 0)
        {
            try
            {
                _ = new LicenseVerifier(request.RootLines, "any");
            }
            catch (ArgumentException exception)
            {
                throw new SimulationException($"--root-key: {exception.Message}", exception);
            }
        }

        if (request is { Admin: not null, AdminKey: null })
        {
            throw new SimulationException("--admin names a door that is opened by a key: give an admin API key in the variable Simulate__AdminKey, or leave --admin out.");
        }

        if (settings.Count > 0)
        {
            throw new SimulationException($"--{settings[0].Name} is a setting of the simulator's own service, and with --against there is none. Leave it out, or start that service with it.");
        }

        if (request.TimeLapse)
        {
            throw new SimulationException("--time-lapse goes without --against: the clock of a service that was started elsewhere is its own.");
        }

        if (request.Real && !yes)
        {
            throw new SimulationException(
                $"Nothing was called yet. --real makes licenses at {request.Against.Production} that count as sold, and orders that are refused on purpose are told to its operators. Without it the scenario runs on test licenses. To do it, run the same command again with --yes.");
        }

        if (request.Scenario.NeedsOpenApi && request.OpenApiPort is null)
        {
            throw new SimulationException($"In {request.Scenario.Name} the service calls the marketplace back: name a port of this machine with --open-api-port, such as 18080, and start the service with the settings that are printed then.");
        }
    }
}
