using System.Collections.Concurrent;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Marketplaces.KooGallery.V2;

/// <summary>
/// Answers a nonce once: the same nonce with the same bytes gets the answer of the first time, with others it is no call at all. What had an effect is in the
/// store, across nodes and restarts; the rest, and what is under way, is remembered here. An answer that it was our fault is forgotten. Thread-safe.
/// </summary>
internal sealed class AnsweredNonces(INonceStore store, TimeProvider time)
{
    /// <summary>How long a nonce is remembered at least: a call that is older is refused for its time, whichever way the clocks differ.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(3);

    // A flood of good calls that have no effect must not fill the memory; what had one is in the store.
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<(string Account, string Nonce), Entry> _entries = new();
    private readonly ConcurrentQueue<((string Account, string Nonce) Key, Entry Entry)> _byAge = new();

    /// <summary>Answers a call as before, or has it served.</summary>
    public async Task<MarketplaceAnswer> AnswerOnceAsync(CallNonce nonce, Func<Task<MarketplaceAnswer>> serve, CancellationToken cancellationToken)
    {
        Forget();
        var key = (nonce.Account, Convert.ToHexString(nonce.Hash));
        var mine = new Entry(nonce.ContentHash, time.GetTimestamp());
        while (true)
        {
            var entry = _entries.GetOrAdd(key, mine);
            if (entry == mine)
            {
                return await AnswerAsync(key, mine, nonce, serve, cancellationToken);
            }

            if (!entry.Fits(nonce.ContentHash))
            {
                return Refusal();
            }

            if (await entry.Answer is { } answer)
            {
                return answer;
            }
        }
    }

    private async Task<MarketplaceAnswer> AnswerAsync(
        (string Account, string Nonce) key, Entry mine, CallNonce nonce, Func<Task<MarketplaceAnswer>> serve, CancellationToken cancellationToken)
    {
        MarketplaceAnswer? kept = null;
        try
        {
            var answer = await FindEarlierAsync(nonce, cancellationToken) ?? await ServeAsync(nonce, serve, cancellationToken);
            kept = answer.Code is ResultCode.InternalError or ResultCode.AuthenticationFailed ? null : answer;
            return answer;
        }
        finally
        {
            if (kept is null)
            {
                _entries.TryRemove(KeyValuePair.Create(key, mine));
            }
            else
            {
                _byAge.Enqueue((key, mine));
            }

            // Those who wait for it: with null one of them is the next to try.
            mine.Set(kept);
        }
    }

    private async Task<MarketplaceAnswer> ServeAsync(CallNonce nonce, Func<Task<MarketplaceAnswer>> serve, CancellationToken cancellationToken)
    {
        try
        {
            return await serve();
        }
        catch (StoreBusyException)
        {
            // Perhaps because another node has stored the very same call meanwhile.
            if (await FindEarlierAsync(nonce, cancellationToken) is { } answer)
            {
                return answer;
            }

            throw;
        }
    }

    private async Task<MarketplaceAnswer?> FindEarlierAsync(CallNonce nonce, CancellationToken cancellationToken) =>
        await store.FindAsync(nonce, cancellationToken) switch
        {
            null => null,
            var earlier when earlier.ContentHash.AsSpan().SequenceEqual(nonce.ContentHash) => MarketplaceAnswer.FromText(earlier.Answer),
            _ => Refusal(),
        };

    private static MarketplaceAnswer Refusal() => new(ResultCode.AuthenticationFailed, "authentication failed: the nonce was used before, with another body");

    private void Forget()
    {
        while (_byAge.TryPeek(out var oldest) && (_byAge.Count > Most || time.GetElapsedTime(oldest.Entry.Since) > Kept) && _byAge.TryDequeue(out var gone))
        {
            _entries.TryRemove(KeyValuePair.Create(gone.Key, gone.Entry));
        }
    }

    private sealed class Entry(byte[] contentHash, long since)
    {
        private readonly TaskCompletionSource<MarketplaceAnswer?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>When the call came, as a timestamp.</summary>
        public long Since { get; } = since;

        /// <summary>The answer; null = there is none that counts.</summary>
        public Task<MarketplaceAnswer?> Answer => _answer.Task;

        public bool Fits(byte[] otherHash) => contentHash.AsSpan().SequenceEqual(otherHash);

        public void Set(MarketplaceAnswer? answer) => _answer.TrySetResult(answer);
    }
}
