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
    _ => MicroCommand.Run(args),
};
