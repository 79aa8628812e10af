namespace LicenseAuthority.Client.Format;

/// <summary>One name with its value in a JSON object.</summary>
internal readonly struct JsonMember(string name, JsonValue value)
{
    public string Name { get; } = name;

    public JsonValue Value { get; } = value;
}
