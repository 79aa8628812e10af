using System;
using System.Globalization;
using System.IO;
using System.Linq;
using LicenseAuthority.Client;

namespace NetFrameworkConsole
{
    /// <summary>Checks the vectors in testvectors/ of the repository: whether the library judges on this runtime as it does on all others.</summary>
    internal static class Vectors
    {
        public static int CheckAll(string folder)
        {
            var files = Directory.GetFiles(folder, "*.txt");
            Array.Sort(files, StringComparer.Ordinal);
            var differ = 0;
            foreach (var file in files)
            {
                var difference = Check(File.ReadAllText(file));
                if (difference != null)
                {
                    differ++;
                    Console.WriteLine(Path.GetFileNameWithoutExtension(file) + ": " + difference);
                }
            }

            Console.WriteLine(files.Length + " vectors, " + differ + " differ");
            return files.Length > 0 && differ == 0 ? 0 : 1;
        }

        // Null: as expected.
        private static string Check(string vector)
        {
            var end = vector.IndexOf("\n\n", StringComparison.Ordinal);
            var words = (from line in vector.Substring(0, end).Split('\n')
                         let colon = line.IndexOf(": ", StringComparison.Ordinal)
                         select new { Name = line.Substring(0, colon), Value = line.Substring(colon + 2) }).ToLookup(word => word.Name, word => word.Value);
            string Word(string name) => words[name].SingleOrDefault();

            var now = DateTimeOffset.ParseExact(Word("now"), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
            var options = new LicenseVerifierOptions
            {
                UtcNow = () => now,
                RequireStatus = Word("require-status") != null,
                RequireDevice = Word("require-device") != null,
                MinimumKeySerial = uint.Parse(Word("min-serial") ?? "0", CultureInfo.InvariantCulture),
                MaxStatusAge = Word("max-status-age") == null ? (TimeSpan?)null : TimeSpan.FromSeconds(long.Parse(Word("max-status-age"), CultureInfo.InvariantCulture)),
            };
            var verifier = new LicenseVerifier(words["root"], Word("product"), options);
            var text = vector.Substring(end + 2);
            string outcome;
            if (Word("kind") == "status-list")
            {
                outcome = verifier.CheckStatusList(text).Outcome.ToString();
            }
            else
            {
                var file = Word("kind") == "lic" ? LicenseFile.Parse(text) : null;
                var list = verifier.CheckStatusList(file == null ? Word("list") : file.GetStatusList()).List;
                outcome = verifier.Check(file == null ? text : file.GetCode(), list, words["fingerprint"]).Outcome.ToString();
            }

            return outcome == Word("expect") ? null : outcome + ", not " + Word("expect");
        }
    }
}
