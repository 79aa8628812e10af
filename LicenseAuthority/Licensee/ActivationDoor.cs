using LicenseAuthority.Client.Format;
using LicenseAuthority.Doors;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Marketplaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Licensee;

/// <summary>
/// Translates what is asked of devices' places, and the answers: the same wherever it is asked, at the licensee door, by an operator, or by file. Thread-safe.
/// </summary>
internal sealed class ActivationDoor(
    ShownCodes codes, MarketplaceCodeDoor marketplaceCodes, ActivationService activations, ICodeUses uses, CodeLists lists, LicenseeMetrics metrics,
    IOptions<LicenseeOptions> options, TimeProvider time)
{
    /// <summary>The member of a problem with those who have the places.</summary>
    public const string HoldersMember = "devices";

    /// <summary>Gives a device a place; the answer is JSON, or a license file.</summary>
    /// <param name="context">The call; its body is read.</param>
    /// <param name="where">Where the code is shown: with the limits of the licensee door, or by an operator.</param>
    /// <param name="source">Who asks.</param>
    /// <param name="cancellationToken">The caller has gone.</param>
    public async Task<IResult> ActivateAsync(HttpContext context, ShownIn where, CallSource source, CancellationToken cancellationToken)
    {
        if (LicenseFileAnswer.IsAskedFor(context.Request, out var badFormat) is not { } asFile)
        {
            return badFormat!;
        }

        var (body, problem) = await ActivationBody.ReadAsync(context.Request, cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        var (device, refused) = await ActivateAsync(context, body, where, source, cancellationToken);
        return device is null
            ? refused!
            : asFile
                ? device.ToFile()
                : TypedResults.Ok(new ActivatedDevice(device.Id, device.Code, device.State, device.StatusList));
    }

    /// <summary>Gives a device a place: either what it gets, or a problem.</summary>
    public async Task<(DeviceAnswer? Device, ProblemHttpResult? Problem)> ActivateAsync(
        HttpContext context, ActivationBody body, ShownIn where, CallSource source, CancellationToken cancellationToken)
    {
        var (licenseId, binding, problem) = await FindLicenseAsync(context, body, where, cancellationToken);
        if (licenseId is null)
        {
            return (null, problem);
        }

        var command = new ActivateDevice(
            licenseId, binding, body.Product, [.. body.Fingerprints.Select(fingerprint => DeviceBinding.ComputeId(licenseId, fingerprint))], body.Required, source)
        {
            Name = body.Name,
            Lease = body.Lease,
            Offline = body.Offline,
        };

        // From here on a caller that hangs up must not leave it open whether the place is taken.
        var result = await activations.ActivateAsync(command, CancellationToken.None);
        metrics.Activation(result.Outcome);
        if (result.Device is not { } device)
        {
            return (null, ProblemOf(result));
        }

        uses.Used(licenseId, CodeUse.Activation);
        var list = await lists.FindAsync(device.CodeText, cancellationToken);
        return (new DeviceAnswer(device.Activation.Id, device.CodeText, StateOf(result).ToWord(), list), null);
    }

    // The license of what is shown, and the device that it is bound to; or a problem. A marketplace's code is bound to none.
    private async Task<(string? LicenseId, string? Device, ProblemHttpResult? Problem)> FindLicenseAsync(
        HttpContext context, ActivationBody body, ShownIn where, CancellationToken cancellationToken)
    {
        if (MarketplaceCodeDoor.FindText(body.Code) is { } text)
        {
            var (licenseId, problem) = await marketplaceCodes.FindLicenseAsync(context, text, body.Product, where, cancellationToken);
            return (licenseId, null, problem);
        }

        var shown = await codes.JudgeAsync(context, body.Code, where, cancellationToken);
        if (shown.Known is not { } known)
        {
            metrics.ActivationRefused(shown.Verdict);
            return (null, null, shown.Problem);
        }

        return (known.License.Id, known.Device, null);
    }

    /// <summary>The newest code of the device that a code was shown of, null where the license is over; or, with any other outcome than these two, a problem.</summary>
    public async Task<(DeviceOutcome Outcome, string? Code, LicenseState State, ProblemHttpResult? Problem)> RefreshAsync(
        KnownCode known, CancellationToken cancellationToken)
    {
        var result = await activations.RefreshAsync(
            known.License.Id, known.Device!, new CallSource(CallSource.Licensee, "refresh"), CancellationToken.None);
        return result.Outcome switch
        {
            DeviceOutcome.HasPlace => (result.Outcome, result.Device!.CodeText, StateOf(result), null),
            DeviceOutcome.Over => (result.Outcome, null, StateOf(result), null),
            _ => (result.Outcome, null, default, ProblemOf(result)),
        };
    }

    /// <summary>Gives up a place, by the code in the header.</summary>
    public async Task<IResult> FreeAsync(HttpContext context, string activationId, CancellationToken cancellationToken)
    {
        var shown = await codes.JudgeAsync(context, ShownCodes.InHeader(context.Request), ShownIn.Header, cancellationToken);
        if (shown.Known is not { } known)
        {
            metrics.FreeRefused(shown.Verdict);
            return shown.Problem!;
        }

        FreeRight right = known.Device is { } own ? new FreeRight.OfDevice(own) : new FreeRight.OfLicense(options.Value.LostDeviceAfter);
        var result = await activations.FreeAsync(
            new FreeDevice(known.License.Id, activationId, right, new CallSource(CallSource.Licensee, "free")), CancellationToken.None);
        metrics.Free(result.Outcome);
        if (result.Outcome == DeviceOutcome.Freed)
        {
            return TypedResults.NoContent();
        }

        if (result is { Outcome: DeviceOutcome.TooManyFrees, RetryAt: { } retryAt })
        {
            context.Response.ComeAgainAfter(retryAt - time.GetUtcNow());
        }

        return ProblemOf(result);
    }

    private LicenseState StateOf(DeviceResult result) => result.License!.StateAt(time.GetUtcNow());

    /// <summary>What is answered where nobody gets or gives up a place.</summary>
    public static ProblemHttpResult ProblemOf(DeviceResult result) => result.Outcome switch
    {
        DeviceOutcome.WrongProduct => Problems.Create(
            StatusCodes.Status403Forbidden, "wrong-product", "The code is of another product. Show a code of the product that you name, or name the code's."),
        DeviceOutcome.BoundToAnotherDevice => Problems.Create(
            StatusCodes.Status403Forbidden, "bound-to-another-device",
            "The code is bound to another device. Show the license's code that is bound to none: the one that came with the order."),
        DeviceOutcome.DeviceFreed => Problems.Create(
            StatusCodes.Status410Gone, "device-freed",
            "The device's place was given up. It gets one again, as long as one is free, with the license's code that is bound to no device: POST /licensee/v1/activations."),
        DeviceOutcome.Over => Problems.Create(StatusCodes.Status410Gone, "code-over", "The license is over: it was released or revoked. Buy a new one."),
        DeviceOutcome.Frozen => Problems.Create(
            StatusCodes.Status409Conflict, "state-does-not-allow", "The license is frozen, and no device gets a place as long as it is. Renew it, or ask the vendor why it is held."),
        DeviceOutcome.NoSeatLeft => Problems.Create(
            StatusCodes.Status409Conflict, "no-seat-left",
            FormattableString.Invariant(
                $"All {result.License!.Quantity} places of the license are taken. Free one on a device that no longer needs it, or buy more.{(result.Holders.Count < ActivationService.MostShown ? "" : $" The oldest {ActivationService.MostShown} are shown.")}"),
            new KeyValuePair<string, object?>(
                HoldersMember, result.Holders.Select(static holder => new SeatHolder(holder.Name, holder.ActivatedAt, holder.LastSeenAt)).ToArray())),
        DeviceOutcome.NotYours => Problems.Create(
            StatusCodes.Status403Forbidden, "not-your-device",
            result.LostAt is { } lostAt
                ? $"The device was seen lately. It gives up its place with its own code; with this one that can be done from {Rfc3339.Seconds(lostAt)} on, if it is not seen until then, or by the vendor at once."
                : "The place is another device's. It is given up with that device's code, or by the vendor."),
        DeviceOutcome.TooManyFrees => Problems.Create(
            StatusCodes.Status429TooManyRequests, "too-many-frees",
            "In 30 days as many places can be given up as the license has. Come again after the time in Retry-After, or ask the vendor."),
        _ => Problems.Create(
            StatusCodes.Status404NotFound, "activation-not-found", "The license has no activation with this id. Ids look like act_01JD5V5ZQ8W3M9X7K2T4R6Y8AB."),
    };
}

/// <summary>What a device gets.</summary>
internal sealed record DeviceAnswer(string Id, string Code, string State, string? StatusList)
{
    /// <summary>As a file.</summary>
    public FileContentHttpResult ToFile() => LicenseFileAnswer.Create(Code, StatusList, Id);

    /// <summary>Shows the activation, not the code.</summary>
    public override string ToString() => $"activation {Id}";
}

/// <summary>The answer to an activation.</summary>
/// <param name="Id">The activation.</param>
/// <param name="Code">The device's newest code.</param>
/// <param name="State">The state of the license.</param>
/// <param name="StatusList">The token of the status list with the code's entry; null = none was published yet.</param>
internal sealed record ActivatedDevice(string Id, string Code, string State, string? StatusList)
{
    /// <summary>Shows the activation, not the code.</summary>
    public override string ToString() => $"activation {Id}";
}

/// <summary>Who has a place, as it is told to whoever gets none.</summary>
internal sealed record SeatHolder(string? Name, DateTimeOffset ActivatedAt, DateTimeOffset LastSeenAt);
