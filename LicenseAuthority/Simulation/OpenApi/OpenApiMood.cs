namespace LicenseAuthority.Simulation.OpenApi;

/// <summary>How the open API behaves.</summary>
internal enum OpenApiMood
{
    /// <summary>As published.</summary>
    Well,

    /// <summary>Closes every connection.</summary>
    Away,

    /// <summary>Reads and does not answer, until the caller gives up.</summary>
    Hanging,

    /// <summary>HTTP 500.</summary>
    Broken,

    /// <summary>HTTP 403: AK and SK may not do this.</summary>
    Refusing,

    /// <summary>HTTP 200 without a body.</summary>
    Empty,

    /// <summary>HTTP 200 with a page for people.</summary>
    NoJson,

    /// <summary>Answers about somebody else's.</summary>
    Mistaken,
}
