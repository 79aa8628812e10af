using LicenseAuthority.Benchmarks.Client;
using LicenseAuthority.Benchmarks.Lists;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Benchmarks.Micro;
using LicenseAuthority.Benchmarks.Reissue;
using LicenseAuthority.Benchmarks.Report;
using LicenseAuthority.Benchmarks.Sweep;

return args switch
{
    [LoadCommand.Name, .. var rest] => await LoadCommand.RunAsync(rest),
    [SweepCommand.Name, .. var rest] => await SweepCommand.RunAsync(rest),
    [ListsCommand.Name, .. var rest] => await ListsCommand.RunAsync(rest),
    [ReissueCommand.Name, .. var rest] => await ReissueCommand.RunAsync(rest),
    [ReportCommand.Name, .. var rest] => await ReportCommand.RunAsync(rest),
    [FirstCheck.Name, .. var rest] => FirstCheck.Run(rest),
    [ClientCommand.Name] => await ClientCommand.RunAsync(),
    [OpenApiServer.Name] => await OpenApiServer.RunAsync(),
    [FloorServer.Name] => await FloorServer.RunAsync(),
    [var name, ..] when !name.StartsWith('-') => Refuse(name),
    _ => MicroCommand.Run(args),
};

static int Refuse(string name)
{
    Console.Error.WriteLine(
        $"There is no command '{name}'. There are {LoadCommand.Name}, {SweepCommand.Name}, {ListsCommand.Name}, {ReissueCommand.Name}, {ClientCommand.Name} and {ReportCommand.Name}; "
        + "none measures the parts, with the options of BenchmarkDotNet. See docs/benchmarks.md.");
    return 1;
}
