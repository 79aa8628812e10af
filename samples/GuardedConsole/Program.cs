// A command-line program that keeps its license by itself.
//
//   GuardedConsole                    what the license says, and the work if it allows it
//   GuardedConsole install FILE       takes a code or a license file (.lic)
//   GuardedConsole activate           gets a place for this device
//   GuardedConsole refresh            asks the authority now
//   GuardedConsole report             a text for a ticket
//
// Shipped software has product and root lines as constants; here they come from LICENSE_PRODUCT and LICENSE_ROOT_KEY (several: separated by spaces), and LICENSE_STORE
// may name another folder than the user's. LICENSE_ACTIVATION=required: it works only on a device that was
// activated. Exit code: 0 if the license is valid, 1 if not, 2 if the command was not understood.
using System.Text;
using LicenseAuthority.Client;

Console.OutputEncoding = Encoding.UTF8;
if (Environment.GetEnvironmentVariable("LICENSE_PRODUCT") is not { Length: > 0 } product || Environment.GetEnvironmentVariable("LICENSE_ROOT_KEY") is not { Length: > 0 } roots)
{
    Console.Error.WriteLine("Set LICENSE_PRODUCT and LICENSE_ROOT_KEY.");
    return 2;
}

var folder = Environment.GetEnvironmentVariable("LICENSE_STORE");
var device = folder is null ? DeviceFingerprint.Collect(product) : DeviceFingerprint.Collect(product, LicenseStore.InFolder(folder));
using var guard = LicenseGuard.Open(new LicenseGuardOptions(product, roots.Split(' '))
{
    StoreDirectory = folder,
    DeviceFingerprints = device.Values,
    DeviceMatch = device.Match,
    Lease = device.IsStable ? null : TimeSpan.FromHours(8),

    // Shipped software that activates says true: a code that is bound to no device works on its own otherwise, unless the product's Activation is Required.
    Verifier = new LicenseVerifierOptions { RequireDevice = Environment.GetEnvironmentVariable("LICENSE_ACTIVATION") == "required" },
});

switch (args)
{
    case []:
        return Show(guard.Current);
    case ["install", var file]:
        return Show(guard.Install(File.ReadAllText(file)));
    case ["activate"]:
        Console.WriteLine((await guard.ActivateAsync()).GetText(LicenseLanguage.English));
        return Show(guard.Current);
    case ["refresh"]:
        Console.WriteLine((await guard.RefreshAsync()).GetText(LicenseLanguage.English));
        return Show(guard.Current);
    case ["report"]:
        Console.Write(guard.GetSupportReport());
        return guard.Current.IsValid ? 0 : 1;
    default:
        Console.Error.WriteLine("GuardedConsole [install FILE | activate | refresh | report]");
        return 2;
}

int Show(LicenseCheck check)
{
    Console.WriteLine($"{check.Outcome}: {check.GetEvidence(LicenseLanguage.English)} {check.GetAdvice(LicenseLanguage.English)}");
    foreach (var notice in guard.Notices)
    {
        Console.WriteLine($"{notice.Kind}: {notice.GetText(LicenseLanguage.English)} {notice.GetAdvice(LicenseLanguage.English)}");
    }

    return check.IsValid ? 0 : 1;
}
