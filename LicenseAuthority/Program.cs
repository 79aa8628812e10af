using System.Net.Sockets;
using LicenseAuthority;
using LicenseAuthority.Codes;
using LicenseAuthority.Commands;
using LicenseAuthority.Expiry;
using LicenseAuthority.Keys;
using LicenseAuthority.Mark;
using LicenseAuthority.Simulation;
using LicenseAuthority.Storage;
using LicenseAuthority.Stores;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

var dispatcher = new CommandDispatcher(ReadSettings, TimeProvider.System, Console.Out, Console.Error);
return await dispatcher.DispatchAsync(
    args,
    [
        KeysCommand.Create(dispatcher, static run => LivingCodes.CountAsync(run.Configuration, run.ContentRoot, run.Time)),
        StorageCommand.Create(dispatcher, [new SchedulerTables()], RestoredCommand.Create(dispatcher)),
        SimulateCommand.Create(dispatcher, static (settings, configure) => AuthorityHost.BuildAsync(settings, configure, onlyArguments: true)),
    ],
    ServeAsync);

static (IConfiguration, string, bool) ReadSettings(string[] arguments)
{
    var builder = AuthorityHost.ReadSettings(arguments);
    return (builder.Configuration, builder.Environment.ContentRootPath, builder.Environment.IsDevelopment());
}

static async Task<int> ServeAsync(string[] arguments)
{
    try
    {
        await using var app = await AuthorityHost.BuildAsync(arguments);
        try
        {
            await ListenAsync(app);
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to end before the start was over: it ends as at any other time.
            await app.StopAsync();
            return 0;
        }

        if (app.Environment.IsDevelopment())
        {
            DevelopmentBanner.Print(app.Services, Console.Out);
            if (app.Services.GetRequiredService<PublicUrl>().FindOtherPort(app.Urls) is { } warning)
            {
                app.Logger.LogWarning("{Warning}", warning);
            }
        }

        await app.WaitForShutdownAsync();
        return app.Services.GetRequiredService<DatabaseState>().IsLost ? 1 : 0;
    }
    catch (Exception exception) when (exception is OperatorException or OptionsValidationException)
    {
        await Console.Error.WriteLineAsync($"LicenseAuthority cannot start: {exception.Message}");
        return 1;
    }
}

static async Task ListenAsync(WebApplication app)
{
    const string Remedy = "choose another address with the setting urls, such as ASPNETCORE_URLS=http://127.0.0.1:5080.";
    try
    {
        await app.StartAsync();
    }
    catch (IOException exception) when (exception.InnerException is AddressInUseException)
    {
        throw new ConfigurationException($"{exception.Message} Stop the program that uses it, or start this one with another address: {OtherAddress(app)}.");
    }
    catch (SocketException exception)
    {
        // Such as a port below 1024, or an address that this machine does not have.
        throw new ConfigurationException($"It cannot listen where the setting urls says ({exception.Message}): {Remedy}");
    }
    catch (InvalidOperationException exception) when (exception.Message.Contains("certificate", StringComparison.OrdinalIgnoreCase))
    {
        throw new ConfigurationException(
            "It is to listen with TLS, and there is no certificate: name one with Kestrel:Certificates:Default:Path and Kestrel:Certificates:Default:KeyPath, or listen at http:// behind a proxy that has one (docs/operations.md).",
            exception);
    }
    catch (FormatException exception)
    {
        throw new ConfigurationException($"The setting urls cannot be read ({exception.Message}): {Remedy}");
    }
}

// Arguments, because what launchSettings.json says to "dotnet run" wins over variables; and in Development PublicUrl goes with the address.
static string OtherAddress(WebApplication app)
{
    var urls = (app.Configuration[WebHostDefaults.ServerUrlsKey] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries);
    var address = $"http://localhost:{urls.Select(static url => BindingAddress.Parse(url).Port).DefaultIfEmpty(5080).Max() + 1}";
    return app.Environment.IsDevelopment()
        ? $"--urls {address} --PublicUrl {address} (after dotnet run: -- --urls {address} --PublicUrl {address})"
        : $"--urls {address}, or the variable ASPNETCORE_URLS={address}";
}
