// A program on .NET Framework that keeps its license by itself, and a check of the library on the runtime that it finds.
//
//   NetFrameworkConsole                   what the license says
//   NetFrameworkConsole install FILE      takes a code or a license file (.lic)
//   NetFrameworkConsole activate          gets a place for this device
//   NetFrameworkConsole refresh           asks the authority now: a newer code, the status list
//   NetFrameworkConsole vectors FOLDER    checks all test vectors of the folder
//
// Shipped software has product and root lines as constants; here they come from LICENSE_PRODUCT and LICENSE_ROOT_KEY (several: separated by spaces), and LICENSE_STORE
// names the folder of the store. Exit code: 0 if the license is valid, 1 if not, 2 if the command was not understood.
using System;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using LicenseAuthority.Client;

namespace NetFrameworkConsole
{
    internal static class Program
    {
        private static async Task<int> Main(string[] args)
        {
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
            if (args.Length == 2 && args[0] == "vectors")
            {
                return Vectors.CheckAll(args[1]);
            }

            var product = Environment.GetEnvironmentVariable("LICENSE_PRODUCT");
            var roots = Environment.GetEnvironmentVariable("LICENSE_ROOT_KEY");
            var folder = Environment.GetEnvironmentVariable("LICENSE_STORE");
            if (string.IsNullOrEmpty(product) || string.IsNullOrEmpty(roots) || string.IsNullOrEmpty(folder))
            {
                Console.Error.WriteLine("Set LICENSE_PRODUCT, LICENSE_ROOT_KEY and LICENSE_STORE.");
                return 2;
            }

            var device = DeviceFingerprint.Collect(product, LicenseStore.InFolder(folder));
            var options = new LicenseGuardOptions(product, roots.Split(' '))
            {
                StoreDirectory = folder,
                DeviceFingerprints = device.Values,
                DeviceMatch = device.Match,
            };
            using (var guard = LicenseGuard.Open(options))
            {
                if (args.Length == 2 && args[0] == "install")
                {
                    return Show(guard.Install(File.ReadAllText(args[1])));
                }

                if (args.Length == 1 && args[0] == "activate")
                {
                    Console.WriteLine((await guard.ActivateAsync()).GetText(LicenseLanguage.English));
                }
                else if (args.Length == 1 && args[0] == "refresh")
                {
                    Console.WriteLine((await guard.RefreshAsync()).GetText(LicenseLanguage.English));
                }
                else if (args.Length > 0)
                {
                    Console.Error.WriteLine("NetFrameworkConsole [install FILE | activate | refresh | vectors FOLDER]");
                    return 2;
                }

                return Show(guard.Current);
            }
        }

        private static int Show(LicenseCheck check)
        {
            Console.WriteLine(check.Outcome + ": " + check.GetEvidence(LicenseLanguage.English) + " " + check.GetAdvice(LicenseLanguage.English));
            return check.IsValid ? 0 : 1;
        }
    }
}
