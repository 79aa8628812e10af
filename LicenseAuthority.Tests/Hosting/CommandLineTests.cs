using System.Net;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Hosting;

/// <summary>What an operator types after <c>LicenseAuthority</c>, in a process of its own, in Production and in an empty folder unless told otherwise.</summary>
internal sealed class CommandLineTests
{
    // Each starts a service: elsewhere than in CI the one with everything around it.
    private static readonly string[][] EnvironmentFileArguments = TestDatabases.IsCi
        ? [EnvironmentFileAmongOthers, ["--environment-file", "{0}"], ["--environment-file={0}"]]
        : [EnvironmentFileAmongOthers];

    private string _folder = "";
    private Dictionary<string, string> _environment = [];

    [SetUp]
    public void MakeFolder()
    {
        _folder = TestFolder.Create();
        _environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["ASPNETCORE_CONTENTROOT"] = _folder,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        };
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    // It began to serve, or ended for a setting that was missing.
    [TestCase("--help", "Production")]
    [TestCase("-h", "Production")]
    [TestCase("--help", "Development")]
    public async Task Help_InAnyEnvironment_IsAnsweredAndNothingStarts(string argument, string environment)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "appsettings.json"), "{ no settings at all");
        _environment["ASPNETCORE_ENVIRONMENT"] = environment;

        var (exitCode, output) = await RunAsync(argument);

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Contain("Usage:").And.Contain("keys").And.Contain("storage").And.Contain("--Section:Key").And.Contain("--version"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName), Is.EqualTo(["appsettings.json"]), "nothing was made");
    }

    [TestCase("Production")]
    [TestCase("Development")]
    public async Task Version_InAnyEnvironment_IsAnsweredAndNothingStarts(string environment)
    {
        _environment["ASPNETCORE_ENVIRONMENT"] = environment;

        var (exitCode, output) = await RunAsync("--version");

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Match(@"^LicenseAuthority \d+\.\d+\.\d+\S*$").And.Not.Contain("+"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    [TestCase("An argument", "-v")]
    [TestCase("first argument", "hunter2")]
    [TestCase("first argument", "a-passphrase-hunter2", "migrate")]
    [TestCase("after the value of --urls", "--urls", "http://127.0.0.1:0", "hunter2")]
    [TestCase("storage migrate must be what the arguments begin with", "--urls", "storage", "migrate")]
    public async Task Start_ArgumentThatIsNothing_EndsWithTheReason(string named, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain(named).And.Not.Contain("hunter2").And.Not.Contain("   at "));
    }

    // It said that something was wrong with the first argument, or that another option was missing, and left it to the operator to find the letter.
    [TestCase("There is no command \"storag\". Did you mean \"storage\"?", "storag", "migrate")]
    [TestCase("There is no command \"keys lst\". Did you mean \"keys list\"?", "keys", "lst")]
    [TestCase("There is no command \"migrate\". Did you mean \"storage migrate\"?", "migrate")]
    [TestCase("There is no command \"versoin\". Did you mean \"--version\"?", "versoin")]
    [TestCase("There is no command \"serve\": without a command LicenseAuthority serves", "serve")]
    [TestCase("\"backup\" has no option --too. Did you mean --to?", "storage", "backup", "--too", "hunter2")]
    [TestCase("\"list\" has no option --jsn. Did you mean --json?", "keys", "list", "--jsn")]
    [TestCase("\"backup\" has no option -to. Did you mean --to?", "storage", "backup", "-to", "hunter2")]
    public async Task Command_Misspelled_IsQuotedWithTheNearestThatThereIs(string told, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain(told).And.Not.Contain("hunter2").And.Not.Contain("   at "));
    }

    // "did you mean http_ports?" led on to a setting that is no address.
    [TestCase("--port", "5080")]
    [TestCase("--port=5080")]
    [TestCase("--port")]
    [TestCase("-p", "5080")]
    [TestCase("--host", "0.0.0.0")]
    public async Task Start_SwitchOfAnotherServer_NamesTheSettingThatDoesIt(params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain(arguments[0].Split('=')[0]).And.Contain("--urls http://127.0.0.1:5080").And.Contain("Kestrel:Endpoints").And.Not.Contain('\n'));
    }

    [TestCase("http://[::1]:0]", "its port is no number|a ] too many")]
    [TestCase("http://::1:5080", "stands in brackets")]
    [TestCase("localhost:5080", "neither http:// nor https://")]
    public async Task Start_AddressThatIsNone_EndsInOneLineBeforeAnythingIsMade(string address, string why)
    {
        _environment["ASPNETCORE_ENVIRONMENT"] = "Development";

        var (exitCode, output) = await RunAsync("--urls", address);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.StartWith("LicenseAuthority cannot start: The setting urls has").And.Contain(address).And.Match(why).And.Not.Contain('\n'));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    // It ended in an exception that nobody caught.
    [Test]
    [InCi("a service is started as a process")]
    public async Task Start_HttpsWithoutCertificate_NamesTheSettings()
    {
        MakeProduction();

        var (exitCode, output) = await RunAsync("--urls", "https://127.0.0.1:0");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("Kestrel:Certificates:Default:Path").And.Not.Contain("   at "));
    }

    // What a shell is set up with may be the service that sells.
    [Test]
    [InCi("a whole scenario is played in a process")]
    public async Task Simulate_InTheShellOfAService_TouchesNothingOfIt()
    {
        MakeProduction();
        _environment["Storage__ConnectionString"] = $"Data Source={Path.Combine(_folder, "sold.db")}";
        _environment["Keys__Directory"] = "keys";
        _environment["Marketplace__AccessKeys__0"] = "hunter2-hunter2-hunter2";
        var before = Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Order().ToList();

        var (exitCode, output) = await RunAsync("simulate", "v1");

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output, Does.Match(@"\n\d+ calls, 0 deviations$").And.Not.Contain("hunter2"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Order(), Is.EqualTo(before));
    }

    // Each was the default in silence, wherever it came from.
    [Test]
    public async Task Start_UnknownSettings_NamesFileVariableAndArgument()
    {
        var file = Path.Combine(_folder, "appsettings.json");
        await File.WriteAllTextAsync(file, """{ "PublicUrl": "https://license.example.com", "Outbox": { "KeepDeliverd": "1.00:00:00" }, "Elsewhere": { "A": "b" } }""");
        _environment["expiry__Intervall"] = "00:05:00";
        _environment["ASPNETCORE_Admin__BootstrapKey"] = "hunter2";
        _environment["STORAGE"] = "somebody else's";
        _environment["Colour__Red"] = "somebody else's";

        var (exitCode, output) = await RunAsync("--Webhooks:TimeOuts", "00:00:20");

        Assert.That(exitCode, Is.EqualTo(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(output, Does.StartWith("LicenseAuthority cannot start: ").And.Not.Contain('\n').And.Not.Contain("hunter2"));
            Assert.That(output, Does.Contain($"Outbox:KeepDeliverd (file {file}): did you mean Outbox:KeepDelivered?"));
            Assert.That(output, Does.Match(@"(?i)expiry:intervall \(environment variable expiry__Intervall\): did you mean Expiry:Interval\?"));
            Assert.That(output, Does.Contain("Admin:BootstrapKey (environment variable ASPNETCORE_Admin__BootstrapKey): did you mean Admin:BootstrapApiKey?"));
            Assert.That(output, Does.Contain("Webhooks:TimeOuts (argument --Webhooks:TimeOuts): did you mean Webhooks:Timeout?"));
            Assert.That(output, Does.Not.Contain("Elsewhere").And.Not.Contain("Colour").And.Not.Contain("somebody"));
        }
    }

    // A misspelled setting sent a command to another database than the service's.
    [Test]
    public async Task Storage_UnknownSetting_IsRefusedToo()
    {
        _environment["Storage__ConectionString"] = "Data Source=elsewhere.db";

        var (exitCode, output) = await RunAsync("storage", "migrate");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("Storage:ConnectionString?"));
        Assert.That(Directory.EnumerateFileSystemEntries(_folder), Is.Empty);
    }

    // An operator had to copy the service's settings into a shell first, the passphrase too.
    [Test]
    [InCi("a service is started as a process")]
    public async Task Commands_WithTheServicesEnvironmentFile_WorkOnWhatTheServiceWorksOn()
    {
        var file = Path.Combine(_folder, "license-authority.env");
        await File.WriteAllTextAsync(file,
            $"""
            # The settings of the service.
            ASPNETCORE_CONTENTROOT={_folder}
            Keys__Passphrase="{KeyFiles.ProductionPassphrase}"
            Keys__Directory='the keys'
            Storage__ConnectionString="Data Source=the data/authority.db"
            """);
        _environment["ASPNETCORE_CONTENTROOT"] = Path.GetTempPath();
        _environment["Storage__ConnectionString"] = "Data Source=of-the-shell.db";

        var keys = await RunAsync("keys", "init", "--environment-file", file);
        var migrated = await RunAsync("storage", "migrate", $"--environment-file={file}");
        var backedUp = await RunAsync("storage", "backup", "--environment-file", file, "--to", Path.Combine(_folder, "backup.db"));

        Assert.That((keys.ExitCode, migrated.ExitCode, backedUp.ExitCode), Is.EqualTo((0, 0, 0)), $"{keys.Output}\n{migrated.Output}\n{backedUp.Output}");
        Assert.That(File.Exists(Path.Combine(_folder, "the keys", "roots.txt")), Is.True);
        Assert.That(File.Exists(Path.Combine(_folder, "the data", "authority.db")), Is.True);
        Assert.That(keys.Output, Does.Not.Contain(KeyFiles.ProductionPassphrase));
    }

    // The page's own first start: "There is no setting environment-file … did you mean environment?", as only the commands took it.
    [TestCaseSource(nameof(EnvironmentFileArguments))]
    [InCi("services are started as processes")]
    public async Task Start_WithTheServicesEnvironmentFile_ServesWithWhatStandsInIt(params string[] arguments)
    {
        MakeProduction();
        var file = Path.Combine(_folder, "license-authority.env");
        await File.WriteAllLinesAsync(file, _environment.Select(static variable => $"{variable.Key}=\"{variable.Value}\""));
        using var service = ServiceProcess.Start(
            new Dictionary<string, string> { ["PublicUrl"] = "https://of-the-shell.example.com/" },
            [.. arguments.Select(argument => string.Format(System.Globalization.CultureInfo.InvariantCulture, argument, file))]);

        var address = await service.ListeningAsync();

        using var client = new HttpClient();
        Assert.That(await client.GetStringAsync(new Uri(address, "/health/live")), Does.Contain("Healthy"));
        Assert.That(service.Output, Does.Contain("Hosting environment: Production").And.Not.Contain("of-the-shell"));
    }

    [TestCase("LicenseAuthority cannot start: The file of --environment-file", "--environment-file", "no-such-file.env")]
    [TestCase("Option '--environment-file' has no value", "--environment-file", "--urls", "http://127.0.0.1:0")]
    [TestCase("--environment-file", "--environment-file")]
    public async Task Start_EnvironmentFileThatIsNone_EndsWithTheReason(string told, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain(told).And.Not.Contain("There is no setting").And.Not.Contain("   at "));
    }

    // In Development launchSettings.json says where "dotnet run" listens, and wins over variables; so the line named a way that changed nothing.
    [TestCase("Development", @"--urls http://localhost:{0} --PublicUrl http://localhost:{0} \(after dotnet run: -- --urls http://localhost:{0} --PublicUrl http://localhost:{0}\)")]
    [TestCase("Production", @"--urls http://localhost:{0}, or the variable ASPNETCORE_URLS=http://localhost:{0}\.")]
    [InCi("two services are started as processes")]
    public async Task Start_AddressInUse_NamesTheWayThatWorks(string environment, string way)
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        if (environment == "Production")
        {
            MakeProduction();
        }

        _environment["ASPNETCORE_ENVIRONMENT"] = environment;
        _environment["PublicUrl"] = environment == "Development" ? "http://localhost:5080" : LicenseAuthorityApplication.PublicUrl;

        var (exitCode, output) = await RunAsync("--urls", $"http://127.0.0.1:{port}");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Match("LicenseAuthority cannot start: .*address already in use.*" + string.Format(System.Globalization.CultureInfo.InvariantCulture, way, port + 1)));
    }

    // Codes named an address at which nobody answered, and every refresh failed.
    [Test]
    [InCi("a service is started as a process")]
    public async Task Development_PublicUrlOnAnotherPort_IsAWarning()
    {
        _environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        _environment["PublicUrl"] = "http://localhost:5080";
        using var service = ServiceProcess.Start(_environment);

        var address = await service.ListeningAsync();
        await service.PrintedAsync("PublicUrl is http://localhost:5080, but the service listens on");

        Assert.That(service.Output, Does.Match($"warn: .*\n *PublicUrl is .*{address.Port}.*--urls .* --PublicUrl "));
    }

    [Test]
    [InCi("two services are started as processes")]
    public async Task Production_WithoutAdminKey_SaysThatTheDoorIsClosed()
    {
        MakeProduction();
        using (var service = ServiceProcess.Start(_environment))
        {
            await service.ListeningAsync();
            Assert.That(service.Output, Does.Contain("The admin door is closed").And.Contain("Admin:BootstrapApiKey"));
        }

        _environment["Admin__BootstrapApiKey"] = LicenseAuthorityApplication.AdminKey;
        using var opened = ServiceProcess.Start(_environment);
        await opened.ListeningAsync();
        Assert.That(opened.Output, Does.Not.Contain("admin door"));
    }

    // The dispatch listens to no signal of its own: it cut the end short, and with it the writes that waited.
    [Test]
    [InCi("services are started as processes")]
    public async Task Terminate_WhileServing_EndsAsTheHostEnds()
    {
        _environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        _environment["PublicUrl"] = "http://localhost:5080";
        using var service = ServiceProcess.Start(_environment);
        await service.ListeningAsync();

        Assert.That(await service.TerminateAsync(), Is.Zero, service.Output);
        Assert.That(service.Output, Does.Contain("Application is shutting down"));
        Assert.That(new FileInfo(Path.Combine(_folder, "data", "license-authority.db-wal")) is { Exists: true, Length: > 0 }, Is.False, "the log was brought over");
    }

    private static string[] EnvironmentFileAmongOthers => ["--Expiry:Enabled=false", "--environment-file", "{0}", "--urls", "http://127.0.0.1:0"];

    private void MakeProduction()
    {
        _environment["PublicUrl"] = LicenseAuthorityApplication.PublicUrl;
        _environment["Keys__Passphrase"] = KeyFiles.ProductionPassphrase;
        _environment["Marketplace__AccessKeys__0"] = "an-access-key-of-production";
        _environment["Products__0__Id"] = "editor";
        _environment["Products__0__MarketplaceProductIds__0"] = "*";
        KeyFiles.ProductionMadeNow.CopyTo(Path.Combine(_folder, "keys"));
    }

    private async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var program = ServiceProcess.Start(_environment, arguments);
        return (await program.ExitAsync(), program.Output);
    }
}
