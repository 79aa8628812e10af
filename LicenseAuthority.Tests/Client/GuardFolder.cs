using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Client;

/// <summary>A folder with the store of a program's guards, and the clocks of the machine that they run on; goes with its folder.</summary>
internal sealed class GuardFolder : IDisposable
{
    public GuardFolder()
    {
        Machine = new ShiftedTime(Time);
        Path = TestFolder.Create("license-guard-");
    }

    public string Path { get; }

    public string StorePath => System.IO.Path.Combine(Path, "store", "license.lic");

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now));

    /// <summary>The clock of the machine, to be set wrong.</summary>
    public ShiftedTime Machine { get; }

    public LicenseGuard Open(Action<LicenseGuardOptions>? change = null)
    {
        var options = Options();
        change?.Invoke(options);

        // What the test runner sets for tests that wait: told on it, a change came when it liked.
        var context = SynchronizationContext.Current;
        if (context?.GetType().Namespace?.StartsWith("NUnit", StringComparison.Ordinal) != true)
        {
            return LicenseGuard.Open(options);
        }

        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return LicenseGuard.Open(options);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public LicenseGuardOptions Options() => new(TestCodes.Product, TestCodes.RootLine())
    {
        StoreDirectory = System.IO.Path.GetDirectoryName(StorePath),
        Online = false,
        Verifier = new LicenseVerifierOptions { TimeProvider = Machine },
    };

    /// <summary>What is stored, as text.</summary>
    public Task<string> ReadStoreAsync() => System.IO.File.ReadAllTextAsync(StorePath);

    /// <summary>A license file of a code and a list.</summary>
    public static string File(string code, string? list = null) =>
        $"-----BEGIN LICENSE CODE-----\n{code}\n-----END LICENSE CODE-----\n"
        + (list is null ? "" : $"-----BEGIN STATUS LIST-----\n{list}\n-----END STATUS LIST-----\n");

    /// <summary>A code of the tests' product; the days are counted from the tests' now.</summary>
    public static string Code(string? license = null, int gen = 1, int issued = -100, int ends = 200, int? begins = null)
    {
        var code = TestCodes.Valid().With("sub", $"\"{license ?? TestCodes.LicenseId}\"").With("gen", gen)
            .With("iat", TestCodes.Now + (issued * 86_400L)).With("exp", TestCodes.Now + (ends * 86_400L));
        return (begins is { } days ? code.With("nbf", TestCodes.Now + (days * 86_400L)) : code).Build();
    }

    /// <summary>What a guard warns of, without the one that every code without a list has.</summary>
    public static LicenseNoticeKind[] Kinds(LicenseGuard guard) =>
        [.. guard.Notices.Select(notice => notice.Kind).Where(kind => kind != LicenseNoticeKind.StatusUnknown || guard.Current.Status.List is not null)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
