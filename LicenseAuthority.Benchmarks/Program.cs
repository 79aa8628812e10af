using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Benchmarks.Micro;

return args switch
{
    [LoadCommand.Name, .. var rest] => await LoadCommand.RunAsync(rest),
    [FloorServer.Name] => await FloorServer.RunAsync(),
    _ => MicroCommand.Run(args),
};
