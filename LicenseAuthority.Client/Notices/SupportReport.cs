using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Fingerprints;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Keeping;

namespace LicenseAuthority.Client.Notices;

/// <summary>Writes the text that a user pastes into a ticket. No code, no fingerprint, no name of a customer or device.</summary>
internal static class SupportReport
{
    private const string Nothing = "-";

    public static string Write(
        string productId,
        LicenseVerifier verifier,
        Vault vault,
        DeviceIdentity device,
        IHostSystem machine,
        CodeSource[] sources,
        HeldCode? held,
        in LicenseCheck check,
        IReadOnlyList<LicenseNotice> notices)
    {
        var state = vault.State;
        var kinds = DeviceKinds.Of(productId, machine, [state.DeviceId, StoredDeviceId.OfTheProcess], device.Fingerprints);
        var sample = vault.Sample();
        var marks = state.Clock.Marks;
        var report = new StringBuilder("License support report\n");
        Line(report, "product", productId);
        Line(report, "outcome", check.Outcome.ToString());
        Line(report, "evidence", check.GetEvidence(LicenseLanguage.English));
        Line(report, "advice", check.GetAdvice(LicenseLanguage.English));
        foreach (var other in state.Codes)
        {
            var code = other.Code;
            Line(report, ReferenceEquals(other, held) ? "license" : "also held", FormattableString.Invariant(
                $"{code.LicenseId}, code {code.Generation}, made {Date(code.IssuedAt)}, begins {Or(code.NotBefore, "when made")}, {EndOf(code)}, key {code.KeyId} ({code.Certificate.Serial})"));
            Line(report, "  issuer", code.Issuer);
            Line(report, "  device", code.DeviceIds.Count == 0 ? "not bound" : FormattableString.Invariant(
                $"{other.DeviceMatches} of {code.DeviceIds.Count} properties found, {code.RequiredDeviceMatches} needed{Compare(code, device.Fingerprints, kinds)}"));
            Line(report, "  list", other.List is { } list ? FormattableString.Invariant(
                $"number {list.Sequence}, made {Date(list.IssuedAt)}, ends {Date(list.ExpiresAt)}, entry {code.StatusListIndex} is {list.GetStatus(code.StatusListIndex ?? -1)}") : Nothing);
        }

        Line(report, "fingerprints", FormattableString.Invariant($"{kinds.Length} given{List(": ", kinds)}"));
        Line(report, "clock", FormattableString.Invariant($"shows {Date(sample.Wall)}, judged by {Date(check.CheckedAt)}, {check.Clock.Standing}"));
        Line(report, "known times", FormattableString.Invariant(
            $"latest signed {Or(marks.Signed, "none yet")}, latest seen {Or(marks.Seen, "none yet")}, jump ahead that is not believed yet {Or(marks.Doubted, "none")}, open for {sample.Running:c}"));
        Line(report, "revoked keys", verifier.MinimumKeySerial == 0 ? "none is known" : FormattableString.Invariant($"all with a serial below {verifier.MinimumKeySerial}"));
        Line(report, "store", vault.Place);
        Line(report, "store trouble", (vault.NotWritableSince is { } since ? $"cannot be written since {Date(since)}" : Nothing)
            + (vault.IsOfOtherProduct ? ", is of another product" : "") + (vault.WasDamaged ? ", was found changed or torn" : ""));
        foreach (var source in sources)
        {
            Line(report, "source", source.Name + ": " + Describe(source.Finding, state));
        }

        var fetch = state.Fetch;
        Line(report, "last fetch", FormattableString.Invariant(
            $"tried {Date(fetch.TriedAt)}, answered {Date(fetch.FetchedAt)}, failing since {Date(fetch.FailingSince)} ({fetch.Problem ?? Nothing}, {fetch.Failures} times), not before {Date(fetch.NotBefore)}"));
        var calls = state.Calls;
        Line(report, "last activation or release", calls.AttemptedAt is null ? "none yet" : $"{calls.Attempt} at {Date(calls.AttemptedAt)}: {calls.Result}");
        Line(report, "state that the authority named last", calls.StatedAt is null
            ? "none yet"
            : $"{calls.State}{OfLicense(calls, state)} at {Date(calls.StatedAt)}, for showing only: what counts is signed");
        foreach (var notice in notices)
        {
            Line(report, "notice", notice.Kind + ": " + notice.GetText(LicenseLanguage.English));
        }

        Line(report, "library", typeof(SupportReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? Nothing);
        Line(report, "system", RuntimeInformation.OSDescription + ", " + RuntimeInformation.FrameworkDescription + ", " + RuntimeInformation.ProcessArchitecture);
        return report.ToString();
    }

    private static string EndOf(LicenseCode code) => code.IsLeased
        ? $"lease ends {Or(code.ExpiresAt, "never")}, license ends {Or(code.TermEndsAt, "never")}"
        : $"ends {Or(code.ExpiresAt, "never")}";

    private static string OfLicense(CallMarks calls, VaultState state) =>
        Array.Find(state.Codes, held => StoreDocument.NameOf(held.Code.LicenseId) == calls.StatedOf) is { } held ? " of " + held.Code.LicenseId : "";

    private static string Describe(SourceFinding? finding, VaultState state) => finding switch
    {
        null => "not looked at",
        { State: SourceState.Missing } => "not there",
        { State: SourceState.Unreadable } => $"not readable since {Date(finding.Since)}",
        { Refusal: { } refusal } => $"{Refused(refusal.Outcome)} since {Date(finding.Since)}: {refusal.GetEvidence(LicenseLanguage.English)}",
        { CodeName: null } => $"status list only, read {Date(finding.Since)}",
        _ => (Array.Exists(state.Codes, held => held.Name == finding.CodeName) ? "taken" : "worse than what is held") + $", read {Date(finding.Since)}",
    };

    private static string Refused(LicenseOutcome outcome) =>
        outcome is LicenseOutcome.Malformed or LicenseOutcome.BadSignature ? "not a code" : outcome.ToString();

    // Of one that differs nobody knows what it was: the code holds hashes.
    private static string Compare(LicenseCode code, string[] fingerprints, string[] kinds)
    {
        var isFound = Array.ConvertAll(fingerprints, fingerprint => code.DeviceIds.Contains(DeviceBinding.ComputeId(code.LicenseId, fingerprint)));
        return List("; found: ", kinds.Where((_, i) => isFound[i])) + List("; not in the code: ", kinds.Where((_, i) => !isFound[i]));
    }

    private static string List(string name, IEnumerable<string> kinds) => string.Join(", ", kinds) is { Length: > 0 } list ? name + list : "";

    private static void Line(StringBuilder report, string name, string value) => report.Append(name).Append(": ").Append(value).Append('\n');

    private static string Or(DateTimeOffset? instant, string nothing) => instant is null ? nothing : LicenseTexts.Date(instant);

    private static string Date(DateTimeOffset? instant) => instant is null ? Nothing : LicenseTexts.Date(instant);
}
