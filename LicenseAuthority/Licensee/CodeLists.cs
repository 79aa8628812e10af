using LicenseAuthority.StatusLists;

namespace LicenseAuthority.Licensee;

/// <summary>Finds the status list that goes with a code which licensed software gets. Thread-safe.</summary>
internal sealed class CodeLists(StatusListPublisher publisher)
{
    /// <summary>The token of the list with the entry of a code; null = none was published yet.</summary>
    public async Task<string?> FindAsync(string code, CancellationToken cancellationToken) =>
        (await publisher.FindForCodeAsync(code, cancellationToken))?.Token.Text;

    /// <summary>The token for software that has shown a code and has a list already; null = what it has is as new.</summary>
    /// <param name="code">The code that it gets; null = none, and then the list of the one shown counts.</param>
    /// <param name="shown">The code that it has shown.</param>
    /// <param name="sequence">The <c>seq</c> of the list that it has; null = it has none.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public async Task<string?> FindNewerAsync(string? code, string shown, long? sequence, CancellationToken cancellationToken)
    {
        var before = await publisher.FindForCodeAsync(shown, cancellationToken);
        var now = code is null || code == shown ? before : await publisher.FindForCodeAsync(code, cancellationToken) ?? before;

        // The sequences of two lists cannot be compared: one under another URI is new to the caller, whatever they are.
        return now is null || (now.Token.Uri == before?.Token.Uri && now.Token.Sequence <= sequence) ? null : now.Token.Text;
    }
}
