namespace LicenseAuthority.Client.Keeping;

/// <summary>
/// Where a host's code or license file comes from, <see cref="LicenseGuardOptions.CodeText"/> or <see cref="LicenseGuardOptions.CodeFile"/>, and what was found there.
/// One caller of <see cref="Look"/> at a time; the finding may be read from any thread.
/// </summary>
internal sealed class CodeSource
{
    private readonly Vault _vault;
    private readonly TimeProvider _time;
    private readonly WatchedFile? _file;
    private string? _unread;
    private SourceFinding? _ofContent;
    private volatile SourceFinding? _finding;

    private CodeSource(string name, Vault vault, TimeProvider time, string? text, string? path)
    {
        (Name, _vault, _time, _unread) = (path is null ? name : name + " " + ShownPath.Of(path), vault, time, text);
        _file = path is null ? null : new WatchedFile(path);
    }

    /// <summary>The option, and the path as it may be shown.</summary>
    public string Name { get; }

    /// <summary>What was found at the last look; null: nobody has looked yet.</summary>
    public SourceFinding? Finding => _finding;

    public static CodeSource OfText(string text, Vault vault, TimeProvider time) => new(nameof(LicenseGuardOptions.CodeText), vault, time, text, null);

    public static CodeSource OfFile(string path, Vault vault, TimeProvider time) => new(nameof(LicenseGuardOptions.CodeFile), vault, time, null, path);

    /// <summary>Looks, and takes over what is better than what is held.</summary>
    public void Look()
    {
        SourceState? trouble = null;
        var text = _file is null ? _unread : _file.ReadIfChanged(out trouble);
        _unread = null;
        if (text is not null)
        {
            _ofContent = Judge(text);
        }

        var found = trouble is { } state ? new SourceFinding(state, null, null, _time.GetUtcNow()) : _ofContent;
        if (found is not null && !found.IsLike(_finding))
        {
            _finding = found;
        }
    }

    private SourceFinding Judge(string text)
    {
        var file = LicenseFile.Parse(text);
        var isRefused = _vault.IsRefused(file, out var check, out var code);
        if (file.IsWellFormed)
        {
            // A code for another device is kept: its place is given up with it. And a bad code may come with a good list.
            _vault.Take(VaultNews.Of(file));
        }

        var now = _time.GetUtcNow();
        return isRefused ? new SourceFinding(SourceState.Refused, check, null, now) : new SourceFinding(SourceState.Usable, null, code?.Name, now);
    }
}
