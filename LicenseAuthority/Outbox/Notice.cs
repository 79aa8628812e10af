using System.Text.Json;

namespace LicenseAuthority.Outbox;

/// <summary>Something to tell that is about no license.</summary>
/// <param name="Type">What happened, in a word that receivers know.</param>
/// <param name="At">When it happened.</param>
/// <param name="WriteData">Writes what there is to say as members of an object that is open, which has a <c>licenseId</c> already: null.</param>
internal sealed record Notice(string Type, DateTimeOffset At, Action<Utf8JsonWriter> WriteData)
{
    /// <summary>Says what it is about, not what it says.</summary>
    public override string ToString() => Type;
}
