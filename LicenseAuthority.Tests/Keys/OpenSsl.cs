using System.Diagnostics;

namespace LicenseAuthority.Tests.Keys;

/// <summary>Runs the <c>openssl</c> command, the other implementation that key files are compared with.</summary>
internal static class OpenSsl
{
    /// <summary>What it prints, as bytes. The passphrase is there as <c>env:LA_TEST_PASSPHRASE</c>.</summary>
    public static byte[] Run(string passphrase, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LA_TEST_PASSPHRASE"] = passphrase;
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            const string Reason = "The openssl command is not installed: compatibility of the key files with it was not checked.";
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                Assert.Fail(Reason);
            }

            Assert.Ignore(Reason);
            throw new InvalidOperationException(Reason, exception);
        }

        using (process)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            using var printed = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(printed);
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero, errors);
            return printed.ToArray();
        }
    }
}
