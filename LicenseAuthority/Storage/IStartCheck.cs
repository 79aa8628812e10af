namespace LicenseAuthority.Storage;

/// <summary>Who says whether a database is the one that is meant, when a service starts.</summary>
internal interface IStartCheck
{
    /// <summary>Before a database is made where there is none.</summary>
    /// <param name="database">Where there is nothing, for people.</param>
    /// <exception cref="StorageException">There should be one.</exception>
    void BeforeNew(string database);

    /// <summary>Before a service begins on a database.</summary>
    /// <exception cref="StorageException">It is not the authority's.</exception>
    void BeforeService(AuthorityRecord record);
}
