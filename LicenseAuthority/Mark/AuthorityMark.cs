using System.Text.Json;
using LicenseAuthority.Keys;
using LicenseAuthority.StatusLists;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Mark;

/// <summary>
/// What an authority keeps beside its keys, so that it notices when the database that it is given is not its own: a folder that was not mounted, a server
/// that was set up anew. Without it the service would sell from nothing, and a renewal, which the marketplace calls once, would be answered "unknown".
/// </summary>
/// <param name="folder">Where it lies.</param>
internal sealed class AuthorityMark(string folder)
{
    public const string FileName = "mark.json";

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

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
    /// <exception cref="StorageException">It is there and cannot be read.</exception>
    public Content? Find()
    {
        try
        {
            return File.Exists(FullPath) ? JsonSerializer.Deserialize<Content>(File.ReadAllText(FullPath), Format) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StorageException(
                $"{FullPath}, the mark of the authority, cannot be read ({exception.Message}): restore it from the backup of the keys. Without it nobody notices when the database is not there: removing it is for an authority that begins anew.",
                exception);
        }
    }

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

    /// <summary>Marks that this authority has served; writes only when the mark says something else.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public void Record(AuthorityRecord record)
    {
        if (Find() is not { RestoredAt: null } content || content.Authority != record.Id)
        {
            Write(new Content(record.Id, record.ServedAt, null));
        }
    }

    /// <summary>Records that the next start is meant to find another database, or none; returns what the mark said.</summary>
    /// <exception cref="StorageException">There is no mark, or it cannot be written.</exception>
    public Content Restore(DateTimeOffset now)
    {
        var content = Find()
            ?? throw new StorageException($"There is no mark {FullPath} (StatusLists:Directory, Keys:Directory): nobody has served with it, and the next start takes any database.");
        try
        {
            Write(content with { RestoredAt = now });
            return content;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{FullPath} cannot be written ({exception.Message}): run this as the user of the service, or as root.", exception);
        }
    }

    private StorageException NotThere(string what, Content content) => new(
        $"{what}, but {FullPath} says that the authority {content.Authority} has served since {content.ServedAt:yyyy-MM-dd}: with another database it would know none of its orders. "
        + "Mount the folder or start the server that has it; or restore the backup (docs/operations.md, \"Backup\"); or, if this is meant, run \"LicenseAuthority storage restored\" and start again.");

    // Beside, and then renamed: it is there as a whole or as it was.
    private void Write(Content content)
    {
        CreateFolder();
        var temporary = FullPath + ".tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = PrivateFile;
        }

        using (var stream = new FileStream(temporary, options))
        {
            JsonSerializer.Serialize(stream, content, Format);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, FullPath, overwrite: true);
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

    /// <summary>What the file holds.</summary>
    /// <param name="Authority">The id of the authority (table <c>authority</c>), which a copy and a backup keep.</param>
    /// <param name="ServedAt">When a service first started on its database.</param>
    /// <param name="RestoredAt">When "storage restored" said that another database, or none, is meant; null once a service has started on that.</param>
    public sealed record Content(string Authority, DateTimeOffset? ServedAt, DateTimeOffset? RestoredAt);
}
