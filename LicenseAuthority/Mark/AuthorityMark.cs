using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Keys;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

/// <summary>
/// What an authority keeps beside its keys, so that it notices when the database that it is given is not its own, or is an older state of its own: a folder
/// that was not mounted, a server that was set up anew, a backup. Nodes may share the folder: whoever changes it holds the lock file.
/// </summary>
/// <param name="folder">Where it lies.</param>
internal sealed class AuthorityMark(string folder)
{
    public const string FileName = "mark.json";

    private const string LockName = ".lock";
    private const string ServingName = ".serving";
    private const string TokenSuffix = ".token.json";
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // A change takes two flushes. Another node that holds the lock for longer hangs, and so does its disk.
    private const int LockAttempts = 150;

    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public string FullPath { get; } = Path.Combine(folder, FileName);

    /// <summary>The mark of the settings.</summary>
    /// <exception cref="StorageException">The setting is no path.</exception>
    public static AuthorityMark From(IConfiguration configuration, string contentRoot)
    {
        var keys = configuration[$"{KeyOptions.SectionName}:{nameof(KeyOptions.Directory)}"] ?? new KeyOptions().Directory;
        var own = configuration[$"{StatusListOptions.SectionName}:{nameof(StatusListOptions.Directory)}"];
        return new AuthorityMark(Path.GetFullPath(string.IsNullOrWhiteSpace(own) ? Path.Combine(keys, "status-lists") : own, Path.GetFullPath(contentRoot)));
    }

    /// <summary>What it says; null: there is none, nobody has served yet.</summary>
    public Content? Find() => Find(out _);

    /// <summary>As <see cref="Find()"/>; a damaged one is as none, and <paramref name="damage"/> says what is wrong with it.</summary>
    /// <exception cref="StorageException">It is there and cannot be read.</exception>
    public Content? Find(out string? damage) => ReadFile<Content>(FullPath, static content => content.Authority is not null, out damage);

    /// <summary>Refuses to make a new database when the authority has had one.</summary>
    /// <param name="database">Where there is nothing, for people.</param>
    /// <exception cref="StorageException">It has.</exception>
    public void RefuseNew(string database)
    {
        if (Find() is { RestoredAt: null } content)
        {
            throw NotThere($"{database} is not there or empty", content);
        }
    }

    /// <summary>Refuses a database that is another authority's.</summary>
    /// <exception cref="StorageException">It is.</exception>
    public void RefuseOther(AuthorityRecord record)
    {
        if (Find() is { RestoredAt: null } content && content.Authority != record.Id)
        {
            throw NotThere(
                record.ServedAt is null ? "The database is a new one, in which nothing was ever sold" : $"The database is that of another authority ({record.Id})", content);
        }
    }

    /// <summary>Sees whether it can be written, without writing what it says.</summary>
    /// <exception cref="StorageException">It cannot; the message names the setting.</exception>
    public async Task ProbeAsync()
    {
        try
        {
            CreateFolder();
            await using var locked = await LockAsync();
            var probe = Path.Combine(folder, ".probe");
            WriteFile(probe, "");
            File.Delete(probe);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Changes what it says, alone; writes only when that is something else.</summary>
    /// <param name="change">From what it says now, null = nothing, to what it shall say.</param>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public async Task ChangeAsync(Func<Content?, Content?> change)
    {
        try
        {
            await using var locked = await LockAsync();
            WriteChange(change);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Keeps a token in place of an older one of the same URI, and then changes what the mark says.</summary>
    /// <exception cref="StorageException">It cannot be written.</exception>
    public async Task KeepAsync(StatusListToken token, Func<Content?, Content?> change)
    {
        try
        {
            await using var locked = await LockAsync();
            var path = PathOf(token);
            if (ReadFile<StatusListToken>(path, static stored => stored.Text is not null, out _) is not { } before || before.Sequence < token.Sequence)
            {
                WriteFile(path, JsonSerializer.Serialize(token, Format));
            }

            WriteChange(change);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>The newest tokens that were kept.</summary>
    /// <param name="damaged">The files that are cut or no token's: as if they were not there.</param>
    public IReadOnlyList<StatusListToken> ListTokens(out IReadOnlyList<string> damaged)
    {
        var tokens = new List<StatusListToken>();
        var unread = new List<string>();
        foreach (var path in (Directory.Exists(folder) ? Directory.GetFiles(folder, "*" + TokenSuffix) : []).Order(StringComparer.Ordinal))
        {
            if (ReadFile<StatusListToken>(path, static stored => stored is { Text: not null, Uri: not null }, out _) is { } token)
            {
                tokens.Add(token);
            }
            else
            {
                unread.Add(path);
            }
        }

        damaged = unread;
        return tokens;
    }

    /// <summary>Says, until it is disposed or the process ends, that a node serves with this mark; any number of nodes may.</summary>
    /// <exception cref="StorageException">The folder cannot be written.</exception>
    public async Task<IDisposable> ServeAsync()
    {
        try
        {
            return await LockAsync(ServingName, FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Records that the next start is meant to find another database, an older state of it, or none; returns what the mark said.</summary>
    /// <exception cref="StorageException">There is no mark, a node serves with it, or it cannot be written.</exception>
    public async Task<Content> RestoreAsync(DateTimeOffset now)
    {
        if (Find() is null)
        {
            throw new StorageException(
                $"There is no mark {FullPath} (StatusLists:Directory, Keys:Directory): nobody has served with it, and the next start takes any database. "
                + "Where the mark was lost with the machine: start the service, stop it, and say this then.");
        }

        using var alone = HoldAlone();
        Content? before = null;
        await ChangeAsync(content => (before = content) is null ? null : before with { RestoredAt = now });
        return before!;
    }

    private FileStream HoldAlone()
    {
        try
        {
            return new FileStream(Path.Combine(folder, ServingName), Options(FileMode.OpenOrCreate));
        }
        catch (IOException exception)
        {
            throw new StorageException(
                $"A node of this service is running with {FullPath}: it would go on with what it knows of the database. Stop all nodes, restore the database, and say this again.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw NotWritten(exception);
        }
    }

    private StorageException NotThere(string what, Content content) => new(
        $"{what}, but {FullPath} says that the authority {content.Authority} has served since {content.ServedAt:yyyy-MM-dd}: with another database it would know none of its orders. "
        + "Mount the folder or start the server that has it; or restore the backup (docs/operations.md, \"Backup\"); or, if this is meant, run \"LicenseAuthority storage restored\" and start again.");

    private StorageException NotWritten(Exception exception) => new(
        $"The mark of this authority, {FullPath}, cannot be written ({exception.Message}): nobody would notice that the database was restored, and entries of status lists would be given to two license codes. "
        + "Let the user of this service write that folder, make room on its disk, or name another folder in StatusLists:Directory.",
        exception);

    // A text that is cut, by a full disk or a copy of it, says nothing; above all it does not say that the database is behind.
    private static T? ReadFile<T>(string path, Func<T, bool> isWhole, out string? damage)
        where T : class
    {
        damage = null;
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            if (JsonSerializer.Deserialize<T>(File.ReadAllText(path), Format) is { } read && isWhole(read))
            {
                return read;
            }

            damage = "it is not whole";
        }
        catch (JsonException exception)
        {
            damage = exception.Message;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException(
                $"{path}, of the mark of the authority, cannot be read ({exception.Message}): let the user of this service read it, or name another folder in StatusLists:Directory.", exception);
        }

        return null;
    }

    private void WriteChange(Func<Content?, Content?> change)
    {
        var before = Find();
        var text = before is null ? null : JsonSerializer.Serialize(before, Format);
        if (change(before) is { } after && JsonSerializer.Serialize(after, Format) is var written && written != text)
        {
            WriteFile(FullPath, written);
        }
    }

    // Beside, and then renamed: it is there as a whole or as it was. The second flush brings the new name to the disk too, see KeyDirectoryWriter.
    private static void WriteFile(string path, string text)
    {
        var temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, Options(FileMode.Create)))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        using var named = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        named.Flush(flushToDisk: true);
    }

    private async Task<FileStream> LockAsync(string name = LockName, FileAccess access = FileAccess.ReadWrite, FileShare share = FileShare.None)
    {
        // Only the last folder of the path: where the one above is gone, such as the keys' own, a new one would look like what was lost.
        if (Path.GetDirectoryName(folder) is { } parent && !Directory.Exists(parent))
        {
            throw new DirectoryNotFoundException($"{parent} is not there");
        }

        CreateFolder();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(Path.Combine(folder, name), Options(FileMode.OpenOrCreate, access, share));
            }
            catch (IOException) when (attempt < LockAttempts && File.Exists(Path.Combine(folder, name)))
            {
                // By the machine's own clock: another process is waited for, and not a point in time.
                await Task.Delay(LockPause, TimeProvider.System);
            }
        }
    }

    private static FileStreamOptions Options(FileMode mode, FileAccess access = FileAccess.ReadWrite, FileShare share = FileShare.None)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = PrivateFile;
        }

        return options;
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, FolderMode);
        }
    }

    // A URI is no file name, and one list may have several.
    private string PathOf(StatusListToken token) => Path.Combine(
        folder, FormattableString.Invariant($"{token.List}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token.Uri)))[..16]}{TokenSuffix}"));

    /// <summary>What the file holds.</summary>
    /// <param name="Authority">The id of the authority (table <c>authority</c>), which a copy and a backup keep.</param>
    /// <param name="ServedAt">When a service first started on its database.</param>
    /// <param name="RestoredAt">When "storage restored" said that another database, or none, is meant; null once a service has started on that.</param>
    /// <param name="Restores">How many restores the mark has gone through.</param>
    /// <param name="RestoreId">Which was the last; null: none.</param>
    /// <param name="NewestEvent">The newest event that the database had.</param>
    /// <param name="Drawn">How many positions of each list were handed out, as far as this mark was told.</param>
    /// <param name="Published">The sequence of the newest token under each URI.</param>
    public sealed record Content(
        string Authority,
        DateTimeOffset? ServedAt,
        DateTimeOffset? RestoredAt,
        long Restores = 0,
        string? RestoreId = null,
        MarkedEvent? NewestEvent = null,
        SortedDictionary<long, int>? Drawn = null,
        SortedDictionary<string, long>? Published = null);
}

/// <summary>An event, as far as a mark remembers it.</summary>
/// <param name="Number">Its number in the database's own sequence.</param>
/// <param name="At">Its time, in whole milliseconds.</param>
internal sealed record MarkedEvent(long Number, DateTimeOffset At);
