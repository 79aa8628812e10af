using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The rows of nonces, for every transaction whose effect uses one up.</summary>
internal static class NonceRows
{
    internal const string Select = "SELECT content_sha256, answer FROM nonces WHERE account = @account AND nonce = @nonce";

    private const string Insert = "INSERT INTO nonces (account, nonce, at, content_sha256, answer) VALUES (@account, @nonce, @at, @content_sha256, @answer)";

    /// <summary>What was answered under the nonce, or null.</summary>
    public static ValueTask<EarlierAnswer?> FindAsync(IReadSession session, CallNonce nonce) => session.Prepared(Select)
        .Bind(nonce.Account, nonce.Hash)
        .QuerySingleOrDefaultAsync(static row => new EarlierAnswer(row.GetBytes(0), row.GetString(1)));

    /// <summary>
    /// Whether the nonce is not used up yet; nobody else uses it before this transaction ends. To be asked before the first row is written: false must leave
    /// nothing behind.
    /// </summary>
    public static async ValueTask<bool> IsFreeAsync(IWriteSession session, CallNonce nonce)
    {
        // Two nodes may get one nonce for two licenses, which no version would tell.
        session.Lock($"nonce {nonce.Account} {Convert.ToHexString(nonce.Hash)}");
        return await FindAsync(session, nonce) is null;
    }

    /// <summary>Whether one that is used up may have been by this very transaction, in a COMMIT of which nobody knows: it has this very answer.</summary>
    public static async ValueTask<bool> IsStoredAsync(IWriteSession session, AnsweredNonce nonce) =>
        session.MayBeStoredAlready
        && await FindAsync(session, nonce.Nonce) is { } earlier
        && earlier.Answer == nonce.Answer
        && earlier.ContentHash.AsSpan().SequenceEqual(nonce.Nonce.ContentHash);

    /// <summary>Uses it up.</summary>
    public static void Add(IWriteSession session, AnsweredNonce used) => session.Prepared(Insert)
        .Bind(used.Nonce.Account, used.Nonce.Hash, Instants.ToSql(used.Nonce.At), used.Nonce.ContentHash, used.Answer)
        .Enqueue();
}
