using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;

namespace LicenseAuthority.Tests.Support;

/// <summary>A SQLite database that has this program's schema already, as a service leaves it that has served nobody: much faster to copy than to migrate again.</summary>
internal static class MigratedSqliteFile
{
    private const string Name = "migrated.db";

    private static readonly Lazy<byte[]> Content = new(Make);

    public static void CopyTo(string path)
    {
        // Closed to others, as the service makes them.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(Content.Value);
    }

    private static byte[] Make()
    {
        var folder = TestFolder.Create("license-authority-migrated-");
        try
        {
            SqliteDatabase.Open(new StorageOptions { ConnectionString = $"Data Source={Name}" }, folder, TimeProvider.System).Dispose();
            Assert.That(Directory.GetFiles(folder, Name + "-wal"), Is.Empty, "all of it is in the one file");
            return File.ReadAllBytes(Path.Combine(folder, Name));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
