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
            asked.Add(held.Code.LicenseId);
            requests++;
            var answer = await caller.RefreshAsync(held.Code, held.List?.Sequence, cancellationToken).ConfigureAwait(false);
            var (problem, isOutdated) = Take(answer, held);
            var isUnknown = problem is not null || (held.List is null && held.Code.StatusListUri is not null && answer.Text("statusList") is null);
            if (isUnknown && requests < MostRequests && held.Code.StatusListUri is not null && problem is not ("canceled" or "timeout"))
            {
                requests++;
                TakeList(await caller.GetListAsync(held.Code, mirror, cancellationToken).ConfigureAwait(false), held);
            }

            if (problem == "canceled")
            {
                return LicenseGuardResult.Failure(problem, null, null);
            }

            var ended = Note(problem, answer, isOutdated);
            result = result is { Succeeded: true } ? result : ended;
            if (problem is not null)
            {
                break;
            }
        }

        return result ?? LicenseGuardResult.Failure("not-installed", null, null);
    }

    // The license at hand; and where that is not valid after all, the next one.
    private HeldCode? Next(HashSet<string> asked)
    {
        var best = CodeRanking.Choose(vault.State.Codes, verifier, vault.ReadClock(), out var check);
        return asked.Count == 0 ? best : check.IsValid ? null : Array.Find(vault.State.Codes, held => !asked.Contains(held.Code.LicenseId));
    }

    private (string? Problem, bool IsOutdated) Take(AuthorityAnswer answer, HeldCode held)
    {
        if (answer.Status == 410 && answer.Problem == "device-freed")
        {
            vault.Take(new VaultNews { Freed = new Dictionary<string, DateTimeOffset> { [held.Name] = time.GetUtcNow() } });
            return (answer.Problem, false);
        }

        if (answer.Problem is not null || answer.Status != 200)
        {
            return (answer.Problem ?? "bad-answer", false);
        }

        var list = answer.Text("statusList");
        if (answer.Text("code") is not { } text)
        {
            vault.Take(new VaultNews { Lists = list is null ? [] : [list] });
            return (answer.IsObject ? null : "bad-answer", false);
        }

        if (verifier.Read(text, out var fault) is not { } code)
        {
            // What an authority that was asked at its own address signs, and this software cannot read, is newer than this software.
            return ("bad-answer", fault?.Outcome is LicenseOutcome.UntrustedKey || fault?.Reason is CodeFaultReason.InvalidMember or CodeFaultReason.CriticalExtension);
        }

        if (code.LicenseId != held.Code.LicenseId || code.ProductId != held.Code.ProductId || !IsSameBinding(code, held.Code))
        {
            return ("bad-answer", false);
        }

        vault.Take(new VaultNews { Codes = [text], Lists = list is null ? [] : [list] });
        return (null, false);
    }

    private void TakeList(AuthorityAnswer answer, HeldCode held)
    {
        if (answer.Status == 200 && verifier.CheckStatusList(answer.Body).List is { } list && list.Uri == held.Code.StatusListUri)
        {
            vault.Take(new VaultNews { Lists = [answer.Body] });
        }
    }

    private LicenseGuardResult Note(string? problem, AuthorityAnswer answer, bool isOutdated)
    {
        var now = time.GetUtcNow();
        var isAnswered = problem is null or "device-freed" or "code-over";
        var notBefore = FetchSchedule.HoldUntil(now, answer.RetryAfter);
        vault.TryMark(marks => isAnswered ? marks.Succeeded(now, isOutdated) : marks.Failed(now, problem!, notBefore, isOutdated));
        return problem is null ? LicenseGuardResult.Success : LicenseGuardResult.Failure(problem, vault.State.Fetch.FailingSince ?? now, answer);
    }

    private static bool IsSameBinding(LicenseCode one, LicenseCode other) => new HashSet<string>(one.DeviceIds, StringComparer.Ordinal).SetEquals(other.DeviceIds);
}
