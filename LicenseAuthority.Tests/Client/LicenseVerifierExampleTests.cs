using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

/// <summary>The example in the documentation of <see cref="LicenseVerifier"/>, compiled and run.</summary>
[NonParallelizable] // The example writes to the console, which the process has one of.
public sealed class LicenseVerifierExampleTests
{
    [Test]
    public void Example_InTheDocumentation_RunsAsItStands()
    {
        var licenseCode = TestCodes.Valid().Without("exp").Without("grace").Build();
        using var output = new StringWriter();
        var console = Console.Out;
        Console.SetOut(output);
        try
        {
            // The example begins.
            var verifier = new LicenseVerifier("la-root-1:iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w", "com.example.editor");

            LicenseCheck check = verifier.Check(licenseCode);
            if (check.IsValid)
            {
                check.License.Entitlements.TryGetInt64("seats", out long seats);
                Console.WriteLine($"Licensed for {seats} seats.");
            }
            else
            {
                Console.WriteLine(check.GetEvidence(LicenseLanguage.English));
                Console.WriteLine(check.GetAdvice(LicenseLanguage.English));
            }

            // The example ends.
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.That(output.ToString().Trim(), Is.EqualTo("Licensed for 5 seats."));
    }

    [Test]
    public void Example_InTheDocumentation_IsTheOneAbove()
    {
        var documented = Lines("LicenseAuthority.Client", "LicenseVerifier.cs")
            .SkipWhile(line => line != "/// <code>").Skip(1).TakeWhile(line => line != "/// </code>").Select(line => line[3..].Trim());
        var compiled = Lines("LicenseAuthority.Tests", "Client", "LicenseVerifierExampleTests.cs")
            .SkipWhile(line => line != "// The example begins.").Skip(1).TakeWhile(line => line != "// The example ends.");

        Assert.That(documented.Where(line => line.Length > 0), Is.EqualTo(compiled.Where(line => line.Length > 0)).And.Not.Empty);
    }

    private static IEnumerable<string> Lines(params string[] path) => File.ReadLines(Repository.PathTo(path)).Select(line => line.Trim());
}
