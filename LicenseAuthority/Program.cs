using System.Net.Sockets;
using LicenseAuthority;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

if (args is [KeysCommand.Name, ..])
{
    var builder = WebApplication.CreateBuilder();
    return new KeysCommand(
        builder.Configuration, builder.Environment.ContentRootPath, TimeProvider.System, Console.Out, Console.Error).Run(args);
}

if (args is [StorageCommand.Name, ..])
{
    var arguments = StorageArguments.Parse(args);
    try
    {
        var builder = WebApplication.CreateBuilder([.. arguments?.Settings ?? []]);
        return await new StorageCommand(
            builder.Configuration, builder.Environment.ContentRootPath, TimeProvider.System, Console.Out, Console.Error).RunAsync(arguments);
    }
    catch (InvalidDataException exception)
    {
        await Console.Error.WriteLineAsync(Unreadable(exception));
        return 1;
    }
}

if (args is [{ } command, ..] && !command.StartsWith('-'))
{
    await Console.Error.WriteLineAsync(
        $"LicenseAuthority has no command '{command}'. Without a command it serves; \"LicenseAuthority keys init\" makes keys, \"LicenseAuthority keys rotate\" the next one, \"LicenseAuthority storage\" is for the database; settings are given as --Section:Key value.");
    return 1;
}

try
{
    await using var app = AuthorityHost.Build(args);
    await ListenAsync(app);
    if (app.Environment.IsDevelopment())
    {
        DevelopmentBanner.Print(app.Services, Console.Out);
    }

    await app.WaitForShutdownAsync();
    return app.Services.GetRequiredService<DatabaseState>().IsLost ? 1 : 0;
}
catch (Exception exception) when (exception is ConfigurationException or KeyException or StorageException or OptionsValidationException)
{
    // The operator's to mend: the message says what and how; a stack trace would only hide it.
    await Console.Error.WriteLineAsync($"LicenseAuthority cannot start: {exception.Message}");
    return 1;
}
catch (InvalidDataException exception)
{
    await Console.Error.WriteLineAsync($"LicenseAuthority cannot start: {Unreadable(exception)}");
    return 1;
}

// A settings file that is no JSON.
static string Unreadable(InvalidDataException exception) =>
    $"{exception.Message} {exception.InnerException?.Message} Mend the file, or take the setting out of it.";

static async Task ListenAsync(WebApplication app)
{
    const string Remedy = "choose another address with the setting urls, such as ASPNETCORE_URLS=http://127.0.0.1:5080.";
    try
    {
        await app.StartAsync();
    }
    catch (IOException exception) when (exception.InnerException is AddressInUseException)
    {
        throw new ConfigurationException($"{exception.Message} Stop the program that uses it, or {Remedy}");
    }
    catch (SocketException exception)
    {
        // Such as a port below 1024, or an address that this machine does not have.
        throw new ConfigurationException($"It cannot listen where the setting urls says ({exception.Message}): {Remedy}");
    }
    catch (FormatException exception)
    {
        throw new ConfigurationException($"The setting urls cannot be read ({exception.Message}): {Remedy}");
    }
}
