using System.Text;

namespace LicenseAuthority.Marketplaces.KooGallery;

/// <summary>A secret shared by a seller's account and the marketplace. Never shown.</summary>
internal sealed class AccessKey(string account, string secret)
{
    /// <summary>The account that it belongs to.</summary>
    public string Account { get; } = account;

    public byte[] Bytes { get; } = Encoding.UTF8.GetBytes(secret);

    /// <summary>Shows the account only.</summary>
    public override string ToString() => $"access key of account {Account}";
}
