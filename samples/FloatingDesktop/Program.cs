// What a desktop program with floating licenses does, without the windows: a session begins with the program and ends with it, and many users share few places.
//
//   FloatingDesktop        then a line of text is a document to be saved, "export" asks for an entitlement, "quit" or the end of the input closes the program
//
// LICENSE_PRODUCT, LICENSE_ROOT_KEY (several: separated by spaces) and LICENSE_STORE as in GuardedConsole; LICENSE_CODE is the customer's code. While the license does
// not allow to work, work can be saved and nothing new begun: nobody loses a document to a license. Exit code: 0; 1 if there was no place; 2 if a variable is missing.
using System.Text;
using LicenseAuthority.Client;

Console.OutputEncoding = Encoding.UTF8;
if (Environment.GetEnvironmentVariable("LICENSE_PRODUCT") is not { Length: > 0 } product || Environment.GetEnvironmentVariable("LICENSE_ROOT_KEY") is not { Length: > 0 } roots)
{
    Console.Error.WriteLine("Set LICENSE_PRODUCT and LICENSE_ROOT_KEY.");
    return 2;
}

var store = Environment.GetEnvironmentVariable("LICENSE_STORE") is { Length: > 0 } folder ? LicenseStore.InFolder(folder) : null;
var device = store is null ? DeviceFingerprint.Collect(product) : DeviceFingerprint.Collect(product, store);
using var guard = LicenseGuard.Open(new LicenseGuardOptions(product, roots.Split(' '))
{
    Store = store,
    DeviceFingerprints = device.Values,
    DeviceMatch = device.Match,
    DeviceName = Environment.MachineName,
    Lease = TimeSpan.FromHours(8),          // a crash gives the place back by itself
    ReleaseOnDispose = true,                // and the end of the program at once
    Verifier = new LicenseVerifierOptions { RequireDevice = true },
});

// In a program with windows this comes on their thread, if Open was called there.
guard.OutcomeChanged += (_, change) => Tell(change.Current);

if (!guard.Current.IsValid)
{
    var result = await guard.ActivateAsync(Environment.GetEnvironmentVariable("LICENSE_CODE"));
    Console.WriteLine(result.GetText(LicenseLanguage.English));
    if (!guard.Current.IsValid)
    {
        Tell(guard.Current);
        return 1;
    }
}

Console.WriteLine($"The session has begun, {guard.GetLimit("seats")?.ToString() ?? "any number of"} seats.");
while (Console.ReadLine() is { } line && line != "quit")
{
    Console.WriteLine(line switch
    {
        "export" => guard.IsEntitled("export") ? "Exported." : "The license does not include the export.",
        _ when guard.Current.IsValid => $"Saved: {line}",
        _ => $"Saved, and now read-only: {line}",
    });
    foreach (var notice in guard.Notices)
    {
        Console.WriteLine($"({notice.GetText(LicenseLanguage.English)} {notice.GetAdvice(LicenseLanguage.English)})");
    }
}

Console.WriteLine("The session ends, and the place is free for the next one.");
return 0;

static void Tell(LicenseCheck check) =>
    Console.WriteLine($"{check.Outcome}: {check.GetEvidence(LicenseLanguage.English)} {check.GetAdvice(LicenseLanguage.English)}");
