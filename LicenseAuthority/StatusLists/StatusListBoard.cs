using System.Collections.Concurrent;
using LicenseAuthority.Codes;

namespace LicenseAuthority.StatusLists;

/// <summary>What this node serves: the newest token of every list and URI that was committed and marked. Thread-safe.</summary>
internal sealed class StatusListBoard(PublicUrl publicUrl)
{
    private readonly ConcurrentDictionary<(long List, string Uri), ServedStatusList> _served = new();

    /// <summary>From now on this one.</summary>
    public void Serve(StatusListToken token) => _served[(token.List, token.Uri)] = new ServedStatusList(token);

    /// <summary>The sequence that is served of a list under a URI; 0 = none.</summary>
    public long SequenceOf(long list, string uri) => _served.TryGetValue((list, uri), out var served) ? served.Token.Sequence : 0;

    /// <summary>When the token was signed that is the oldest of those served; null = none is.</summary>
    public DateTimeOffset? FindOldest() => _served.Values.Min(static served => (DateTimeOffset?)served.Token.IssuedAt);

    /// <summary>Whether a list is served under the URI that codes name it by now.</summary>
    public bool Serves(long list) => _served.ContainsKey((list, publicUrl.StatusListUri(list)));

    /// <summary>
    /// The newest token of a list; null = none. One that has several URIs is found by the host that was asked for, else under the URI of now, else under the one that was
    /// signed last.
    /// </summary>
    public ServedStatusList? Find(long list, string host)
    {
        var named = _served.Where(served => served.Key.List == list).Select(static served => served.Value).ToList();
        return named.Count <= 1
            ? named.FirstOrDefault()
            : named.Find(served => Uri.TryCreate(served.Token.Uri, UriKind.Absolute, out var uri) && uri.Authority.Equals(host, StringComparison.OrdinalIgnoreCase))
                ?? named.Find(served => served.Token.Uri == publicUrl.StatusListUri(list))
                ?? named.MaxBy(static served => served.Token.Sequence);
    }
}
