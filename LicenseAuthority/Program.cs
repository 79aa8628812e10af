using LicenseAuthority;
using LicenseAuthority.Keys;
using LicenseAuthority.Storage;
using Microsoft.Extensions.Options;

try
{
    var app = AuthorityHost.Build(args);
    if (app.Environment.IsDevelopment())
    {
        DevelopmentBanner.Print(app.Services, app.Configuration, Console.Out);
    }

    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (exception is ConfigurationException or KeyException or StorageException or OptionsValidationException)
{
    // The operator's to mend: the message says what and how; a stack trace would only hide it.
    await Console.Error.WriteLineAsync($"LicenseAuthority cannot start: {exception.Message}");
    return 1;
}
