using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Marketplaces;

/// <summary>A secret shared by a seller's account and the marketplace. Never shown.</summary>
internal sealed class AccessKey(string account, string secret)
{
    private const int IdBytes = 4;

    /// <summary>The account that it belongs to.</summary>
    public string Account { get; } = account;

    public byte[] Bytes { get; } = Encoding.UTF8.GetBytes(secret);

    /// <summary>What it is called where people have to tell it from others: 8 hexadecimal digits of its SHA-256.</summary>
    public string Id { get; } = IdOf(secret);

    /// <summary>Shows the account and the id.</summary>
    public override string ToString() => $"access key {Id} of account {Account}";

    /// <summary>8 hexadecimal digits of the SHA-256 of a secret: enough to tell a few from each other, too little to try guesses against.</summary>
    public static string IdOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)).AsSpan(0, IdBytes));
}
