using System.Runtime.InteropServices;
using LicenseAuthority.Commands;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Scenarios;
using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation;

/// <summary>Puts together what a scenario needs, runs it, and ends what it has started.</summary>
/// <param name="request">What is asked for.</param>
/// <param name="settings">Of a service of its own.</param>
/// <param name="build">Builds such a service.</param>
/// <param name="table">Where everything is said.</param>
internal sealed class Simulator(
    SimulationRequest request, IReadOnlyList<SettingArgument> settings, Func<string[], Action<WebApplicationBuilder>, Task<WebApplication>> build, CallTable table)
{
    // A time is good once it has held for so long (Clock:HoldFor); before that a sweep records nothing.
    private static readonly TimeSpan UntilTheClockIsSettled = TimeSpan.FromMinutes(11);

    /// <summary>Runs it.</summary>
    /// <exception cref="OperatorException">It could not be run.</exception>
    public async Task RunAsync()
    {
        // The call that is under way is ended first: folder, service and table are not left half done.
        using var ended = new CancellationTokenSource();
        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            ended.Cancel();
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        TimeProvider time = request.TimeLapse ? new LapsingTime() : TimeProvider.System;
        await using var openApi = request.Scenario.NeedsOpenApi ? await SimulatedOpenApi.StartAsync(time, request.OpenApiPort, request.Against?.Account) : null;
        if (request.Against is { } target)
        {
            await RunAsync(time, openApi, target, service: null, ended.Token);
            return;
        }

        await using var service = await OwnService.StartAsync(
            build, settings, request.AccessKey, request.ProductId, openApi is null ? [] : SimulatedOpenApi.SettingsOf(openApi.Url), time as LapsingTime);
        await RunAsync(time, openApi, TargetAddress.Parse(service.Address.AbsoluteUri), service, ended.Token);
    }

    private async Task RunAsync(TimeProvider time, SimulatedOpenApi? openApi, TargetAddress target, OwnService? service, CancellationToken ended)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = service is null });
        var run = new SimulationRun(time.GetUtcNow())
        {
            Table = table,
            Caller = new MarketplaceCaller(http, target.Production, request.AccessKey),
            Signer = new CallSigner(request.AccessKey, time),
            Stranger = new CallSigner(request.AccessKey + "-of-somebody-else", time),
            Devices = new DeviceCaller(http, target.Base),
            Codes = new CodeCheck(service?.RootLines ?? request.RootLines, time),
            Time = time,
            ProductId = request.ProductId ?? OwnService.ProductIdOf(settings),
            Window = (service?.AdminKey ?? request.AdminKey) is { } key ? new AdminWindow(http, request.Admin ?? target.Base, key) : null,
            OpenApi = openApi,
            Service = service,
            Test = service is null && !request.Real,
            Ended = ended,
        };
        TellWhatItIs(run, target);
        if (service is null)
        {
            await ProveThatSomebodyIsThereAsync(run, target);
            await ProveThatTheOpenApiIsAskedAsync(run, target);
        }

        await run.PassAsync(UntilTheClockIsSettled);
        await request.Scenario.RunAsync(run);
    }

    private void TellWhatItIs(SimulationRun run, TargetAddress target)
    {
        table.Say(run.Service is null
            ? $"Scenario {request.Scenario.Name} at {target.Production}, with {(run.Test ? "test licenses" : "REAL licenses")}."
            : $"Scenario {request.Scenario.Name} at a service of its own{(run.Lapses ? ", by a clock that lapses" : "")}.");
        if (run.Service is null && run.OpenApi is { } openApi)
        {
            table.Say("The service must run on this machine, and have been started with these variables. If it was not, start it with them and run the same command again: they stay the same.");
            SaySettings(openApi, target.Account);
            if (target.Account is not null)
            {
                table.Say("If its account default has AK and SK too, it is asked for codes before this one. Then it must have been started with these as well:");
                SaySettings(openApi, account: null);
            }
        }

        if (run.Service is null)
        {
            table.Say($"Orders are for the product {run.ProductId}, which it must sell (--product-id).");
            if (run.Window is null)
            {
                table.Say("States are not checked: there is no admin key (Simulate__AdminKey).");
            }

            if (!run.Codes.CanTrust)
            {
                table.Say("Of codes only the form is checked: whom to trust is not known (--root-key).");
            }
        }
    }

    private void SaySettings(SimulatedOpenApi openApi, string? account)
    {
        foreach (var setting in SimulatedOpenApi.SettingsOf(openApi.Url, account))
        {
            var (name, value) = (setting[..setting.IndexOf('=', StringComparison.Ordinal)], setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            table.Say($"  {name.Replace(":", "__", StringComparison.Ordinal)}={value}");
        }
    }

    // A test order, which only this open API has: a service that asks another one, or none, would deviate in each line.
    private static async Task ProveThatTheOpenApiIsAskedAsync(SimulationRun run, TargetAddress target)
    {
        if (run.OpenApi is not { } openApi)
        {
            return;
        }

        var order = new V2Order(run, run.Now + TimeSpan.FromDays(1)) { IsTest = true };
        openApi.Add(order.Placed);
        var reply = await run.Caller.SendAsync(run.Signer.V2(order.New()));
        if (openApi.Faults.FirstOrDefault() is { } fault)
        {
            throw new SimulationException(
                $"The service at {target.Production} asks this open API with other keys ({fault}): start it with the settings above, all of them, and run the same command again.");
        }

        if (openApi.Calls == 0)
        {
            throw new SimulationException(
                $"The service at {target.Production} did not ask this open API for an order (newInstance is answered {reply.ResultCode}, {reply.ResultMsg}): start it with the settings above, and run the same command again. They stay the same.");
        }
    }

    // A call that asks for nothing: whoever knows the key hears that there is no such activity.
    private async Task ProveThatSomebodyIsThereAsync(SimulationRun run, TargetAddress target)
    {
        Reply reply;
        try
        {
            reply = await run.Caller.TrySendAsync(run.Signer.V1([new("activity", "simulate"), new("testFlag", "1")]));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            throw new SimulationException($"Nobody answers at {target.Production} ({exception.GetBaseException().Message}): start the service, or give its address, with http or https, with --against.", exception);
        }

        if (reply.ResultCode is null)
        {
            throw new SimulationException(
                $"What answers at {target.Production} is no production address ({string.Join(", ", reply.Faults)}): give the service's base address with --against, or its production address, /marketplace/koogallery or /marketplace/koogallery/NAME.");
        }

        if (reply.ResultCode == "000001")
        {
            throw new SimulationException(
                $"The service at {target.Production} does not take the access key ({reply.ResultMsg}): give the account's own in the variable Simulate__AccessKey, or with --access-key.");
        }

        if (run.Window is { } window && await KnockAsync(window, target) is var status and not 200)
        {
            throw new SimulationException(
                $"The admin door at {request.Admin ?? target.Base}admin/v1 does not take the admin key (HTTP {status}): give another one in the variable Simulate__AdminKey. Where the admin door has an address of its own (Admin:Urls), name it with --admin; without a key states are not checked.");
        }
    }

    private async Task<int> KnockAsync(AdminWindow window, TargetAddress target)
    {
        try
        {
            return await window.KnockAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            throw new SimulationException($"Nobody answers at the admin door {request.Admin ?? target.Base}admin/v1 ({exception.GetBaseException().Message}): name its address with --admin.", exception);
        }
    }
}
