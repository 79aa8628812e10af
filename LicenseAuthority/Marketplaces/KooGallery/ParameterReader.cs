using System.Globalization;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>
/// Reads the parameters of an authenticated call, one check after the other; the first that fails is kept, and what is read after it is
/// meaningless. An empty optional parameter counts as absent. A length counts characters (Unicode scalar values), as the limits of the marketplace's tables
/// do; one that is beyond the basic plane is two in a .NET string. What is not used here is not read: an order must not fail for it.
/// </summary>
internal sealed class ParameterReader(ICallParameters parameters)
{
    /// <summary>The longest id of an order, a line, an instance, a product or an event, in characters, as in every call of the marketplace.</summary>
    public const int LongestId = 64;

    /// <summary>The longest id of a customer, in characters.</summary>
    public const int LongestCustomerId = 100;

    /// <summary>So many characters of a customer's name are kept.</summary>
    public const int LongestName = 64;

    private const int LongestTime = 20;

    /// <summary>What is wrong with the call, naming the parameter; null = nothing so far.</summary>
    public string? Problem { get; private set; }

    /// <summary>A parameter that must be there.</summary>
    public string Required(string name, int longest)
    {
        var value = Optional(name, longest);
        if (value is null)
        {
            Fail($"the parameter {name} is missing");
        }

        return value ?? "";
    }

    /// <summary>A parameter that may be absent.</summary>
    public string? Optional(string name, int longest)
    {
        if (parameters.IsOtherThanText(name))
        {
            Fail($"the parameter {name} must be a text");
        }

        var value = parameters.Find(name);
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            Fail($"the parameter {name} holds the character U+0000");
        }
        else if (value.Length > longest && value.EnumerateRunes().Count() is var length && length > longest)
        {
            Fail($"the parameter {name} has {length} characters, at most {longest} are allowed");
        }

        return value;
    }

    /// <summary>
    /// A text that is kept for people and decides nothing, such as a name: what no text can hold is replaced and what is too long is cut, an order must not
    /// fail for it.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="longest">How many characters are kept.</param>
    /// <param name="remark">What was done to it, without the text itself; null = nothing.</param>
    public string? OptionalName(string name, int longest, out string? remark)
    {
        remark = null;
        var value = parameters.Find(name);
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        // Nearly every one.
        if (value.Length <= longest && !value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !value.Contains('\0', StringComparison.Ordinal))
        {
            return value;
        }

        // What is no character, such as half of a surrogate pair, is one of the runes too: U+FFFD.
        var whole = string.Concat(value.EnumerateRunes()).Replace('\0', '\uFFFD');
        var kept = string.Concat(whole.EnumerateRunes().Take(longest));
        string?[] done =
        [
            kept.Length < whole.Length ? $"was cut to {longest} of {whole.EnumerateRunes().Count()} characters" : null,
            whole != value ? "had characters that no text can hold, each replaced by U+FFFD" : null,
        ];
        remark = Array.TrueForAll(done, static each => each is null) ? null : $"the {name} of the order {string.Join(" and ", done.OfType<string>())}";
        return kept;
    }

    /// <summary><c>amount</c>: a whole number from 1 to 9,999,999; absent = 1.</summary>
    public int Amount(string name)
    {
        var value = Optional(name, LongestTime);
        if (value is null)
        {
            return 1;
        }

        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) && amount is >= 1 and <= 9_999_999)
        {
            return amount;
        }

        Fail($"the parameter {name} must be a whole number from 1 to 9999999");
        return 1;
    }

    /// <summary><c>testFlag</c>: 1 = a debug case; 0 or absent = real.</summary>
    public bool TestFlag()
    {
        const string Name = "testFlag";
        var value = Optional(Name, LongestTime);
        if (value is not (null or "0" or "1"))
        {
            Fail($"the parameter {Name} must be 0, 1 or absent");
        }

        return value == "1";
    }

    /// <summary>An <c>expireTime</c> that may be absent.</summary>
    public DateTimeOffset? OptionalExpireTime(TimeSpan offset)
    {
        const string Name = "expireTime";
        var value = Optional(Name, LongestTime);
        if (value is null)
        {
            return null;
        }

        if (ExpireTime.TryParse(value, offset, out var expiresAt))
        {
            return expiresAt;
        }

        Fail($"the parameter {Name} must be a date and time that there is, as yyyyMMddHHmmss or yyyyMMddHHmmssSSS");
        return null;
    }

    /// <summary>An <c>expireTime</c> that must be there.</summary>
    public DateTimeOffset RequiredExpireTime(TimeSpan offset)
    {
        Required("expireTime", LongestTime);
        return OptionalExpireTime(offset) ?? default;
    }

    /// <summary>Keeps a problem, unless there was one before.</summary>
    public void Fail(string problem) => Problem ??= problem;

    /// <summary>What can be shown of a parameter of a call that is refused, cut to so many characters; null when it is absent or empty.</summary>
    public static string? Readable(ICallParameters parameters, string name, int longest) => parameters.Find(name) is { Length: > 0 } value
        ? Cut(value, longest)
        : null;

    /// <summary>A text as it can be kept: without U+0000 and half surrogate pairs, each replaced by U+FFFD, and of at most so many characters.</summary>
    public static string Cut(string text, int longest) => string.Concat(text.Replace('\0', '\uFFFD').EnumerateRunes().Take(longest));
}
