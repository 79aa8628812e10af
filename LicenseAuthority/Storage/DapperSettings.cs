using Dapper;

namespace LicenseAuthority.Storage;

/// <summary>How Dapper reads and writes here. Its settings are the process's: whoever lends connections has them made, once.</summary>
internal static class DapperSettings
{
    static DapperSettings()
    {
        // created_at is CreatedAt.
        DefaultTypeMap.MatchNamesWithUnderscores = true;

        // Dapper asks a handler only for types that it does not know by itself.
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
        SqlMapper.AddTypeHandler(new Instants.Handler());
    }

    /// <summary>Sees to it that they are made.</summary>
    public static void Apply()
    {
    }
}
