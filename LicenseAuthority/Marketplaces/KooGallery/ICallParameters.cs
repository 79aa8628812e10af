namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>The parameters of a call by name (ordinal), however they came: in a query or in a JSON body. Immutable.</summary>
internal interface ICallParameters
{
    /// <summary>A parameter that came more than once, or null.</summary>
    string? FirstRepeated { get; }

    /// <summary>All of them, for the journal of calls, which redacts them.</summary>
    CallContent Content { get; }

    /// <summary>The value of a parameter as a text, or null when it is absent or none that a text can be made of; an empty one is empty here.</summary>
    string? Find(string name);

    /// <summary>Whether a parameter is there and is something else than a text, which only a JSON body can bring.</summary>
    bool IsOtherThanText(string name);
}
