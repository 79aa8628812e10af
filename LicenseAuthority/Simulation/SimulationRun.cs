using System.Globalization;
using System.Security.Cryptography;
using LicenseAuthority.Simulation.OpenApi;
using LicenseAuthority.Simulation.Wire;

namespace LicenseAuthority.Simulation;

/// <summary>A run of a scenario: who is called, by which clock, and what it came to.</summary>
internal sealed class SimulationRun
{
    // After that nobody is there any more, and each further call would wait in vain.
    private const int MostUnanswered = 3;

    private const string Processing = "000004";
    private const int MostRepeats = 3;

    // At most a day at once, so that what happens daily happens.
    private static readonly TimeSpan LongestStep = TimeSpan.FromDays(1);

    private static readonly TimeSpan LongestBehindAnAnswer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RepeatAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(50);

    private readonly string _prefix;
    private int _orders;
    private int _calls;
    private int _unanswered;

    public SimulationRun(DateTimeOffset startedAt) =>
        _prefix = "SIM" + startedAt.ToString("yyMMddHHmmss", CultureInfo.InvariantCulture) + RandomNumberGenerator.GetHexString(4);

    public required CallTable Table { get; init; }

    public required MarketplaceCaller Caller { get; init; }

    /// <summary>Signs as the marketplace does.</summary>
    public required CallSigner Signer { get; init; }

    /// <summary>Signs as somebody does who has another key.</summary>
    public required CallSigner Stranger { get; init; }

    public required CodeCheck Codes { get; init; }

    /// <summary>The clock of the marketplace, and of a service of its own.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>The product that orders are for.</summary>
    public required string ProductId { get; init; }

    /// <summary>Licensed software.</summary>
    public required DeviceCaller Devices { get; init; }

    /// <summary>Null: nobody gave a key, and states are not looked at.</summary>
    public AdminWindow? Window { get; init; }

    /// <summary>Null: the scenario needs none.</summary>
    public SimulatedOpenApi? OpenApi { get; init; }

    /// <summary>Null: the service is somebody else's.</summary>
    public OwnService? Service { get; init; }

    /// <summary>Somebody ends the run, by Ctrl+C, say.</summary>
    public CancellationToken Ended { get; init; }

    /// <summary>Whether all licenses are tests: then every call on them succeeds.</summary>
    public bool Test { get; init; }

    /// <summary>Whether time passes when the scenario says so; else it does not, and what would come in an hour comes at once.</summary>
    public bool Lapses => Time is LapsingTime;

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>An order id that no order had before.</summary>
    public string NewOrderId() => string.Create(CultureInfo.InvariantCulture, $"{_prefix}{++_orders:D5}");

    /// <summary>What a call on a license that is over is answered with, if it is a real one.</summary>
    public Expectation WhereOver(string resultCode) => Test ? Expectation.Success : Expectation.Of(resultCode);

    /// <summary>Signs nothing, sends, and adds the line.</summary>
    public Task<Reply> CallAsync(string call, MarketplaceRequest request, Expectation expectation) => CallAsync(call, () => request, expectation);

    /// <summary>
    /// Sends, and adds the line. What is being processed still, where it is to be done, is asked for again, as the marketplace does: a service on a busy machine may
    /// not hear from the open API in time.
    /// </summary>
    /// <param name="call">What the line says of it.</param>
    /// <param name="sign">Makes the call, anew for each time.</param>
    /// <param name="expectation">What it must be answered with.</param>
    public async Task<Reply> CallAsync(string call, Func<MarketplaceRequest> sign, Expectation expectation)
    {
        var reply = await SendAsync(sign());
        for (var i = 0; i < MostRepeats && reply.ResultCode == Processing && !expectation.Takes(Processing) && expectation.Takes("000000"); i++)
        {
            await Task.Delay(RepeatAfter);
            reply = await SendAsync(sign());
        }

        Add(call, reply, expectation);
        if (++_calls == 1 && reply.ResultCode is "000002" or "000005")
        {
            throw new SimulationException(
                $"The first order is answered {reply.ResultCode} ({reply.ResultMsg}), and so would be all that comes after it. See to it that the service sells the product {ProductId}, or name one that it sells with --product-id{(OpenApi is null ? "" : "; and that it was started with the settings of the open API above")}.");
        }

        _unanswered = reply.IsNone ? _unanswered + 1 : 0;
        return _unanswered < MostUnanswered ? reply : throw new SimulationException($"{MostUnanswered} calls in a row were not answered: see to it that the service runs, and run the scenario again.");
    }

    /// <summary>Adds the line of a call that was made.</summary>
    public void Add(string call, Reply reply, Expectation expectation)
    {
        var (got, isMet) = expectation.Observe(reply);
        Table.Add(call, expectation.Expected, got, deviates: !isMet);
    }

    /// <summary>Adds a line about a license's state, where it can be seen.</summary>
    public async Task StateAsync(string? instanceId, string state, DateTimeOffset? expiresAt)
    {
        if (Window is not null)
        {
            Table.Add("  admin: the license", AdminWindow.Describe(state, expiresAt), string.IsNullOrEmpty(instanceId) ? "there is none" : await Window.DescribeAsync(instanceId));
        }
    }

    /// <summary>As <see cref="StateAsync"/>, for what is done behind an answer: waits for it for a while.</summary>
    public async Task StateSoonAsync(string? instanceId, string state, DateTimeOffset? expiresAt)
    {
        var (expected, got, startedAt) = (AdminWindow.Describe(state, expiresAt), "", TimeProvider.System.GetTimestamp());
        while (Window is not null && !string.IsNullOrEmpty(instanceId) && got != expected && TimeProvider.System.GetElapsedTime(startedAt) < LongestBehindAnAnswer)
        {
            await Task.Delay(LookAgainAfter);
            got = await Window.DescribeAsync(instanceId);
        }

        await StateAsync(instanceId, state, expiresAt);
    }

    /// <summary>Lets time pass, if it is a time that does.</summary>
    public async Task PassAsync(TimeSpan span)
    {
        if (Time is not LapsingTime time)
        {
            return;
        }

        // Nothing is under way over a step: a call would see its time-out pass.
        await Service!.DriveAsync();
        while (span > TimeSpan.Zero)
        {
            var step = span < LongestStep ? span : LongestStep;
            time.Lapse(step);
            await Service.DriveAsync();
            span -= step;
        }

        if (!Service.BelievesTheClock)
        {
            Table.Add("  the service's clock", "no jump is seen", "a jump is seen");
        }
    }

    /// <summary>As <see cref="PassAsync"/>, until an instant; one that has passed asks for nothing.</summary>
    public Task PassUntilAsync(DateTimeOffset instant) => PassAsync(instant - Now);

    private async Task<Reply> SendAsync(MarketplaceRequest request)
    {
        if (Ended.IsCancellationRequested)
        {
            throw new SimulationException(FormattableString.Invariant($"Ended from outside after {_calls} calls. What they have made is there."));
        }

        return await Caller.SendAsync(request);
    }
}
