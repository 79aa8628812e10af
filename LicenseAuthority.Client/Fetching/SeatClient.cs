using System.Text;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Keeping;

namespace LicenseAuthority.Client.Fetching;

/// <summary>Gets and gives up the place of this device. One call at a time.</summary>
internal sealed class SeatClient(
    Vault vault, LicenseVerifier verifier, AuthorityCaller caller, TimeProvider time, string productId, DeviceIdentity device, TimeSpan? lease)
{
    /// <summary>
    /// Asks for a place by a code, or by what is held. A place of this license that this device had, and no longer fits, is given up first.
    /// </summary>
    public async Task<LicenseGuardResult> ActivateAsync(string? text, CancellationToken cancellationToken) =>
        Noted(CallMarks.Activation, await GetPlaceAsync(text, cancellationToken).ConfigureAwait(false));

    /// <summary>Gives up the place that this device has.</summary>
    public async Task<LicenseGuardResult> DeactivateAsync(CancellationToken cancellationToken) =>
        Noted(CallMarks.Release, await GiveUpPlaceAsync(cancellationToken).ConfigureAwait(false));

    private async Task<LicenseGuardResult> GetPlaceAsync(string? text, CancellationToken cancellationToken)
    {
        if (device.Fingerprints.Length == 0)
        {
            return Fail("no-fingerprint");
        }

        if (FindCode(text) is not { } code)
        {
            return Fail(text is null ? "not-installed" : "bad-code");
        }

        foreach (var held in vault.State.Codes.Where(held => held.IsOfOtherDevice && held.Code.LicenseId == code.LicenseId))
        {
            if (vault.State.Activations.TryGetValue(held.Binding, out var id)
                && await FreeAsync(held, id, cancellationToken).ConfigureAwait(false) is { Status: 0 } lost)
            {
                return Fail(lost);
            }
        }

        var answer = await caller.ActivateAsync(code, Write(code, isOffline: false), cancellationToken).ConfigureAwait(false);
        return Take(answer, code, out _);
    }

    private async Task<LicenseGuardResult> GiveUpPlaceAsync(CancellationToken cancellationToken)
    {
        if (vault.State.Codes.FirstOrDefault(static held => held.IsOfThisDevice) is not { } held)
        {
            return Fail("not-activated");
        }

        if (!vault.State.Activations.TryGetValue(held.Binding, out var id))
        {
            // It came by a file, without its id: whoever has a place asks for it again, takes no second one, and is told.
            var answer = await caller.ActivateAsync(held.Code, Write(held.Code, isOffline: false), cancellationToken).ConfigureAwait(false);
            if (Take(answer, held.Code, out id) is { Succeeded: false } failed)
            {
                return failed;
            }

            held = vault.State.Codes.FirstOrDefault(other => other.IsOfThisDevice && other.Code.LicenseId == held.Code.LicenseId) ?? held;
        }

        var freed = await FreeAsync(held, id!, cancellationToken).ConfigureAwait(false);
        return IsFree(freed) ? LicenseGuardResult.Success : Fail(freed);
    }

    /// <summary>The content of a <c>.lareq</c>; empty where there is no code or no fingerprint.</summary>
    public string CreateRequest(string? text) => device.Fingerprints.Length > 0 && FindCode(text) is { } code ? Write(code, isOffline: true) : "";

    private LicenseGuardResult Noted(string attempt, LicenseGuardResult result)
    {
        var marks = new CallMarks { AttemptedAt = time.GetUtcNow(), Attempt = attempt, Result = result.Problem ?? CallMarks.Done };
        vault.Take(new VaultNews { Calls = marks });
        return result;
    }

    private async Task<AuthorityAnswer> FreeAsync(HeldCode held, string id, CancellationToken cancellationToken)
    {
        var answer = await caller.FreeAsync(held.Code, id, cancellationToken).ConfigureAwait(false);
        if (IsFree(answer))
        {
            vault.State.GivenUp.TryGetValue(held.Binding, out var before);
            vault.Take(new VaultNews { GivenUp = new Dictionary<string, GivenUpPlace> { [held.Binding] = before.Again(held.Code.IssuedAt) } });
        }

        return answer;
    }

    // In the authority's own words: a 404 of a proxy says nothing of a place, and takes no code away.
    private static bool IsFree(AuthorityAnswer answer) => answer.Status == 204
        || (answer.Status == 404 && answer.Problem == "activation-not-found")
        || (answer.Status == 410 && answer.Problem is "device-freed" or "code-over");

    private LicenseGuardResult Take(AuthorityAnswer answer, LicenseCode shown, out string? id)
    {
        id = answer.Text("id");
        vault.Take(new VaultNews { Calls = CallMarks.Of(answer, shown.LicenseId, time.GetUtcNow()) });
        if (answer.Problem is not null)
        {
            return Fail(answer);
        }

        if (answer.Text("code") is not { } text || id is null or { Length: > 64 } || id.Any(static character => character is <= ' ' or > '~')
            || verifier.Read(text, out _) is not { } code
            || code.LicenseId != shown.LicenseId || code.ProductId != productId
            || code.DeviceIds.Count == 0 || DeviceBinding.CountMatches(code, device.Fingerprints) < code.RequiredDeviceMatches)
        {
            return Fail("bad-answer");
        }

        var list = answer.Text("statusList");
        var binding = new HeldCode(code, 0, null).Binding;
        vault.Take(new VaultNews
        {
            Codes = [text, shown.GetText()],
            Lists = list is null ? [] : [list],
            Activations = new Dictionary<string, string> { [binding] = id },
            GotPlaceOf = binding,
            NotFreed = code.LicenseId,
        });
        return Array.Exists(vault.State.Codes, held => held.Binding == binding) ? LicenseGuardResult.Success : Fail("bad-answer");
    }

    // A code that is bound to none serves on every device; the device's own, on it.
    private LicenseCode? FindCode(string? text)
    {
        if (text is not null)
        {
            return verifier.Read(LicenseFile.Parse(text).GetCode(), out _) is { } given && given.ProductId == productId ? given : null;
        }

        var codes = vault.State.Codes;
        if (CodeRanking.Choose(codes, verifier, vault.ReadClock(), out _) is not { } best)
        {
            return null;
        }

        var ofLicense = codes.Where(held => held.Code.LicenseId == best.Code.LicenseId).ToList();
        return (ofLicense.Find(static held => held.Code.DeviceIds.Count == 0) ?? ofLicense.Find(static held => held.IsOfThisDevice) ?? best).Code;
    }

    private string Write(LicenseCode code, bool isOffline)
    {
        var text = new StringBuilder("{\"code\":").Append(JsonText.Quote(code.GetText()))
            .Append(",\"product\":").Append(JsonText.Quote(productId))
            .Append(",\"device\":{\"fingerprint\":[").Append(string.Join(",", device.Fingerprints.Select(JsonText.Quote))).Append(']');
        if (device.Match is { } match)
        {
            text.Append(FormattableString.Invariant($",\"match\":{match}"));
        }

        if (device.Name is { } name)
        {
            text.Append(",\"name\":").Append(JsonText.Quote(name));
        }

        text.Append('}');
        if (lease is { } wanted)
        {
            text.Append(FormattableString.Invariant($",\"lease\":{(long)wanted.TotalSeconds}"));
        }

        return text.Append(isOffline ? ",\"offline\":true}" : "}").ToString();
    }

    private static LicenseGuardResult Fail(string problem) => LicenseGuardResult.Failure(problem, null, null);

    private LicenseGuardResult Fail(AuthorityAnswer answer)
    {
        var now = time.GetUtcNow();
        if (answer.Problem == AuthorityAnswer.TooOften)
        {
            vault.TryMark(marks => marks.HeldBack(now, FetchSchedule.HoldUntil(now, answer.RetryAfter)));
        }

        // Since when is known of what goes on by itself; this was asked once.
        DateTimeOffset? againAt = answer.RetryAfter is { } wait && wait > TimeSpan.Zero && wait < DateTimeOffset.MaxValue - now ? now + wait : null;
        return LicenseGuardResult.Failure(answer.Problem ?? "bad-answer", answer.Problem == AuthorityAnswer.TooOften ? now : null, answer, againAt);
    }
}
