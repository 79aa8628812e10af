using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>
/// What the calls of 授权码 2.0 have in common (protocol sections 4 and 4b): signed as V2's, they name a code that the marketplace made. One that was not activated
/// yet is normal, bought and not used: the call is kept. Each says only what it asks. One that is refused is told.
/// </summary>
internal abstract class CodeCallHandler(MarketplaceCodeCalls calls, RefusedCalls refused) : ICallHandler
{
    /// <summary>The parameter that has the code.</summary>
    public const string CodeParameter = "license";

    /// <inheritdoc/>
    public abstract string Activity { get; }

    /// <inheritdoc/>
    public string Method => HttpMethods.Post;

    /// <inheritdoc/>
    public async Task<MarketplaceAnswer> HandleAsync(MarketplaceCall call, CancellationToken cancellationToken)
    {
        var parameters = new ParameterReader(call.Parameters);
        var code = ReadCode(parameters);
        var command = Read(parameters);
        var test = parameters.TestFlag();
        if (parameters.Problem is { } problem)
        {
            return MarketplaceAnswer.BadParameter(problem);
        }

        command = command with { Nonce = new UsedNonce(call.Nonce!, static outcome => AnswerTo(outcome).ToText()) };
        var result = await calls.ExecuteAsync(call.Account.Name, code!, test, command, cancellationToken);
        var answer = result switch
        {
            { Outcome: { } outcome } => AnswerTo(outcome),
            { IsTooMany: true } => new MarketplaceAnswer(ResultCode.InternalError, "too many calls wait for the activation of this code; the seller has been alarmed"),
            _ => MarketplaceAnswer.Success,
        };
        return answer with { About = result.LicenseId };
    }

    /// <inheritdoc/>
    public Task RefusedAsync(MarketplaceCall call, MarketplaceAnswer answer, bool storeIsBusy)
    {
        refused.TellRepeated(Activity, call, answer);
        return Task.CompletedTask;
    }

    /// <summary>Reads the parameters that only this call has. After a problem the result is not used.</summary>
    protected abstract LicenseCommand Read(ParameterReader parameters);

    // What is wrong with it is said without it.
    private static MarketplaceCode? ReadCode(ParameterReader parameters)
    {
        var text = parameters.Required(CodeParameter, MarketplaceCode.Longest);
        var code = MarketplaceCode.Read(text);
        if (code is null)
        {
            parameters.Fail($"the parameter {CodeParameter} must be a code of letters, digits, '-' and '_'");
        }

        return code;
    }

    private static MarketplaceAnswer AnswerTo(CommandOutcome outcome) => outcome switch
    {
        CommandOutcome.NotFound => new MarketplaceAnswer(ResultCode.UnknownInstance, "a debug call cannot change the license of a code that was sold"),
        CommandOutcome.Unserved => new MarketplaceAnswer(
            ResultCode.UnknownInstance, "the license of the code was released or revoked; the order is kept, and the seller has been alarmed"),
        _ => InstanceAnswer.From(outcome),
    };
}
