using LicenseAuthority.Doors;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>Gives whoever shows a code the newest one of its binding, in whichever form it is asked for. Thread-safe.</summary>
internal sealed class CodeRefresher(ShownCodes codes, ActivationDoor devices, ICodeUses uses, CodeLists lists, LicenseeMetrics metrics, TimeProvider time)
{
    /// <summary>Judges the code and looks up what goes with it. Either a refresh, or a problem.</summary>
    /// <param name="context">The call.</param>
    /// <param name="text">The code as it is shown; null = none.</param>
    /// <param name="where">Where it is shown.</param>
    /// <param name="sequence">The <c>seq</c> of the status list that the caller has; null = none.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public async Task<(CodeRefresh? Refresh, ProblemHttpResult? Problem)> RefreshAsync(
        HttpContext context, string? text, ShownIn where, long? sequence, CancellationToken cancellationToken)
    {
        var shown = await codes.JudgeAsync(context, text, where, cancellationToken);
        if (shown.Known is not { } known)
        {
            metrics.Refused(shown.Verdict);
            return (null, shown.Problem);
        }

        var state = known.License.StateAt(time.GetUtcNow());
        var code = state is LicenseState.Active or LicenseState.Frozen ? known.Issued.Newest.CodeText : null;
        if (known.Device is not null)
        {
            // A device's code is made now if the license changed since, or half of the lease is over.
            var (outcome, deviceCode, deviceState, problem) = await devices.RefreshAsync(known, cancellationToken);
            if (problem is not null)
            {
                metrics.Refused(outcome);
                return (null, problem);
            }

            (code, state) = (deviceCode, deviceState);
        }

        uses.Used(known.License.Id, CodeUse.Refresh);
        metrics.Served(state);
        return (new CodeRefresh(known, code, state, await lists.FindNewerAsync(code, known.Text.Text, sequence, cancellationToken)), null);
    }
}

/// <summary>What somebody gets for a code.</summary>
/// <param name="Shown">The code that was shown.</param>
/// <param name="Code">The newest one of its binding; null when the license is over: no code permits anything then.</param>
/// <param name="State">The state of the license.</param>
/// <param name="StatusList">The token of the list with the entry of <paramref name="Code"/>, else of the code shown; null = the caller has it.</param>
internal sealed record CodeRefresh(KnownCode Shown, string? Code, LicenseState State, string? StatusList)
{
    /// <summary>As a file, which has to have a code: of a license that is over the one that was shown, with the list that says so.</summary>
    public FileContentHttpResult ToFile() => LicenseFileAnswer.Create(Code ?? Shown.Text.Text, StatusList, Shown.Device ?? Shown.License.Id);

    /// <summary>Shows the license and its state, not the code.</summary>
    public override string ToString() => $"{Shown.License.Id}: {State}";
}
