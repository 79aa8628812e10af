using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Storage;

/// <summary>One numbered step of the schema. Once released, its text never changes: databases remember its hash.</summary>
internal sealed record Migration(int Number, string Name, string Sql)
{
    /// <summary>SHA-256 of the text in lower-case hex; line ends count as LF, however the source was checked out.</summary>
    public string Sha256 { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.Replace("\r\n", "\n", StringComparison.Ordinal))));

    /// <inheritdoc/>
    public override string ToString()
    {
        return $"{Number:0000}_{Name}";
    }
}
