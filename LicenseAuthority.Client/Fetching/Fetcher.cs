using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Keeping;

namespace LicenseAuthority.Client.Fetching;

/// <summary>
/// Fetches what is newer of the license at hand: its code, then its list. Only what is signed counts, and never for less than is held. One fetch at a time.
/// </summary>
internal sealed class Fetcher(Vault vault, LicenseVerifier verifier, AuthorityCaller caller, TimeProvider time, string? mirror)
{
    // Code and list of the license at hand, and one more license.
    private const int MostRequests = 3;

    /// <summary>Fetches. The marks of it are kept; whoever calls has marked that it is tried.</summary>
    public async Task<LicenseGuardResult> FetchAsync(CancellationToken cancellationToken)
    {
        var asked = new HashSet<string>(StringComparer.Ordinal);
        var requests = 0;
        LicenseGuardResult? result = null;
        while (requests < MostRequests && Next(asked) is { } held)
        {
            asked.Add(held.Binding);
            requests++;
            var answer = await caller.RefreshAsync(held.Code, held.List?.Sequence, cancellationToken).ConfigureAwait(false);
            var (problem, isOutdated) = Take(answer, held);
            var isUnknown = problem is not null || (held.List is null && held.Code.StatusListUri is not null && answer.Text("statusList") is null);

            // Who did not answer in time is not asked twice; a mirror is somebody else, and is there because the issuer cannot be reached.
            var isAsked = problem is not "canceled" && (problem is not "timeout" || mirror is not null);
            if (isUnknown && isAsked && requests < MostRequests && held.Code.StatusListUri is not null)
            {
                requests++;
                var hasList = TakeList(await caller.GetListAsync(held.Code, mirror, cancellationToken).ConfigureAwait(false), held);
                problem = hasList && mirror is not null && problem is "timeout" or "unreachable" ? null : problem;
            }

            if (problem == "canceled")
            {
                return LicenseGuardResult.Failure(problem, null, null);
            }

            vault.Take(new VaultNews { Calls = CallMarks.Of(answer, held.Code.LicenseId, time.GetUtcNow()) });
            var ended = Note(problem, answer, isOutdated);
            result ??= ended;
            if (!IsAnswered(problem))
            {
                break;
            }
        }

        return result ?? LicenseGuardResult.Failure("not-installed", null, null);
    }

    /// <summary>
    /// The code that is asked for first: of the license at hand that of this device, as only that brings its next one and prolongs its lease, also where the unbound one
    /// is valid meanwhile. One whose place was taken away brings nothing any more. Null where there is no code.
    /// </summary>
    public HeldCode? First()
    {
        var state = vault.State;
        if (CodeRanking.Choose(state.Codes, verifier, vault.ReadClock(), out var check) is not { } best)
        {
            return null;
        }

        var isValid = check.IsValid;
        return isValid && best.IsOfThisDevice
            ? best
            : Array.Find(state.Codes, held => held.IsOfThisDevice && CodeRanking.IsOfSameLicense(held, best) && !(isValid && state.Freed.ContainsKey(held.Name))) ?? best;
    }

    // And where none is valid after all, the next code.
    private HeldCode? Next(HashSet<string> asked)
    {
        if (asked.Count == 0)
        {
            return First();
        }

        var codes = vault.State.Codes;
        return CodeRanking.Choose(codes, verifier, vault.ReadClock(), out var check) is null || check.IsValid
            ? null
            : Array.Find(codes, held => !held.IsOfOtherDevice && !asked.Contains(held.Binding));
    }

    private (string? Problem, bool IsOutdated) Take(AuthorityAnswer answer, HeldCode held)
    {
        if (answer.Status == 410 && answer.Problem == "device-freed")
        {
            if (!vault.State.Freed.ContainsKey(held.Name))
            {
                vault.Take(new VaultNews { Freed = new Dictionary<string, DateTimeOffset> { [held.Name] = time.GetUtcNow() } });
            }

            return (answer.Problem, false);
        }

        if (answer.Problem is not null || answer.Status != 200)
        {
            return (answer.Problem ?? "bad-answer", false);
        }

        var list = answer.Text("statusList");
        var isListOutdated = list is not null && IsNewer(verifier.CheckStatusList(list).Fault);
        if (answer.Text("code") is not { } text)
        {
            vault.Take(new VaultNews { Lists = list is null ? [] : [list] });
            return (answer.IsObject ? null : "bad-answer", isListOutdated);
        }

        if (verifier.Read(text, out var fault) is not { } code)
        {
            return ("bad-answer", isListOutdated || IsNewer(fault));
        }

        if (code.LicenseId != held.Code.LicenseId || code.ProductId != held.Code.ProductId || !IsSameBinding(code, held.Code))
        {
            return ("bad-answer", false);
        }

        vault.Take(new VaultNews { Codes = [text], Lists = list is null ? [] : [list], NotFreed = held.Code.LicenseId });
        return (null, isListOutdated);
    }

    // What an authority that was asked at its own address signs, and this software cannot read, is newer than this software.
    private static bool IsNewer(CodeFault? fault) =>
        fault?.Outcome is LicenseOutcome.UntrustedKey || fault?.Reason is CodeFaultReason.InvalidMember or CodeFaultReason.CriticalExtension;

    // True if it is the list that the code names, whether newer than what is held or not.
    private bool TakeList(AuthorityAnswer answer, HeldCode held)
    {
        // A file of a mirror may have line breaks, or a mark at its beginning, and a line of the store has none.
        var text = new string([.. answer.Body.Where(static character => character is > ' ' and <= '~')]);
        if (answer.Status != 200 || verifier.CheckStatusList(text).List is not { } list || list.Uri != held.Code.StatusListUri)
        {
            return false;
        }

        vault.Take(new VaultNews { Lists = [text] });
        return true;
    }

    private static bool IsAnswered(string? problem) => problem is null or "device-freed" or "code-over";

    private LicenseGuardResult Note(string? problem, AuthorityAnswer answer, bool isOutdated)
    {
        var now = time.GetUtcNow();
        var notBefore = FetchSchedule.HoldUntil(now, answer.RetryAfter);
        vault.TryMark(marks => IsAnswered(problem) ? marks.Succeeded(now, isOutdated) : marks.Failed(now, problem!, notBefore, isOutdated));
        return problem is null ? LicenseGuardResult.Success : LicenseGuardResult.Failure(problem, vault.State.Fetch.FailingSince ?? now, answer);
    }

    private static bool IsSameBinding(LicenseCode one, LicenseCode other) => new HashSet<string>(one.DeviceIds, StringComparer.Ordinal).SetEquals(other.DeviceIds);
}
