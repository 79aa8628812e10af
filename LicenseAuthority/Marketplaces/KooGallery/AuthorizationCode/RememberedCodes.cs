using LicenseAuthority.Licensing.MarketplaceCodes;

namespace LicenseAuthority.Marketplaces.KooGallery.AuthorizationCode;

/// <summary>
/// Remembers that an account's marketplace has no such code, or that its buyer has not received it yet, so that it is not asked for each try. So many codes are
/// remembered; of more, the one that was asked longest ago is forgotten. Thread-safe.
/// </summary>
internal sealed class RememberedCodes(TimeProvider time)
{
    /// <summary>For so long that there is no such code.</summary>
    public static readonly TimeSpan UnknownFor = TimeSpan.FromHours(1);

    /// <summary>For so long that it was not received: the buyer may be just about to.</summary>
    public static readonly TimeSpan NotReceivedFor = TimeSpan.FromMinutes(1);

    private const int Most = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Account, string Code), Answer> _answers = [];
    private readonly Queue<Answer> _byAge = new();

    /// <summary>Keeps what was answered.</summary>
    /// <param name="account">Whose marketplace.</param>
    /// <param name="code">The code.</param>
    /// <param name="isUnknown">There is no such code; false = it was not received.</param>
    public void Add(string account, MarketplaceCode code, bool isUnknown)
    {
        var answer = new Answer(KeyOf(account, code), isUnknown, time.GetTimestamp());
        lock (_gate)
        {
            while (_byAge.TryPeek(out var oldest) && (_byAge.Count >= Most || Left(oldest) <= TimeSpan.Zero))
            {
                _byAge.Dequeue();
                if (_answers.GetValueOrDefault(oldest.Key) == oldest)
                {
                    _answers.Remove(oldest.Key);
                }
            }

            _answers[answer.Key] = answer;
            _byAge.Enqueue(answer);
        }
    }

    /// <summary>What was answered, and how long that is remembered yet, above zero; null = nothing is.</summary>
    public (bool IsUnknown, TimeSpan Left)? Find(string account, MarketplaceCode code)
    {
        lock (_gate)
        {
            return _answers.TryGetValue(KeyOf(account, code), out var answer) && Left(answer) is var left && left > TimeSpan.Zero ? (answer.IsUnknown, left) : null;
        }
    }

    private TimeSpan Left(Answer answer) => (answer.IsUnknown ? UnknownFor : NotReceivedFor) - time.GetElapsedTime(answer.At);

    // Not the code itself: it may be somebody's after all.
    private static (string Account, string Code) KeyOf(string account, MarketplaceCode code) => (account, Convert.ToHexString(code.Sha256));

    private sealed record Answer((string Account, string Code) Key, bool IsUnknown, long At);
}
