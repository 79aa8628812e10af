using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Licensing.MarketplaceCodes;

/// <summary>
/// The code that a marketplace hands out to a buyer, for which a license is to be had. Whoever has it gets that license: it is found by its hash, shown with its
/// last characters, and never logged. Immutable.
/// </summary>
internal sealed class MarketplaceCode
{
    /// <summary>The longest one, in characters.</summary>
    public const int Longest = 64;

    private const int MostShown = 4;

    // Longer than any line id of a marketplace, so that none is taken for another.
    private const string OrderLinePrefix = "code:";

    private MarketplaceCode(string text)
    {
        Text = text;
        Sha256 = SHA256.HashData(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>The code itself: the secret.</summary>
    public string Text { get; }

    /// <summary>What it is found by.</summary>
    public byte[] Sha256 { get; }

    /// <summary>The last 4 characters; of a short code at most half of it.</summary>
    public string LastCharacters => Text[^Math.Min(MostShown, Text.Length / 2)..];

    /// <summary>
    /// What stands for the line of an order in its <see cref="OrderKey"/>, whose several codes are several licenses. Not for people, see <see cref="ShownLine"/>.
    /// </summary>
    public string OrderLine => OrderLinePrefix + Convert.ToHexStringLower(Sha256);

    /// <summary>A name that tells it from others and does not give it away: 8 hexadecimal digits of its hash.</summary>
    public string Alias => OrderLinePrefix + Convert.ToHexStringLower(Sha256.AsSpan(0, 4));

    /// <summary>Reads one: 1 to 64 of A–Z, a–z, 0–9, <c>-</c> and <c>_</c>. Null: it is none.</summary>
    public static MarketplaceCode? Read(string? text) =>
        text is { Length: > 0 and <= Longest } && text.All(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_')
            ? new MarketplaceCode(text)
            : null;

    /// <summary>The line of an order as people see it: empty where the hash of a code stands in its place.</summary>
    public static string ShownLine(string orderLineId) => orderLineId.StartsWith(OrderLinePrefix, StringComparison.Ordinal) ? "" : orderLineId;

    /// <summary>Shows the last characters.</summary>
    public override string ToString() => $"marketplace code …{LastCharacters}";
}

/// <summary>Who said when the term of a license ends that was issued for a marketplace code. The later ones here outweigh the earlier ones.</summary>
internal enum EndKnownBy
{
    /// <summary>The marketplace when the code was activated: an estimate.</summary>
    Activation = 0,

    /// <summary>The marketplace when it was asked.</summary>
    Query = 1,

    /// <summary>A call of the marketplace, or an operator.</summary>
    Call = 2,
}

/// <summary>The code that a new license is issued for.</summary>
/// <param name="Code">The code.</param>
/// <param name="EndKnownBy">Who said the end of the term.</param>
internal sealed record CodeOfLicense(MarketplaceCode Code, EndKnownBy EndKnownBy);
