using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.MarketplaceCodes;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>The rows of what leads to a license besides its id, and of the marketplace codes among them.</summary>
internal static class HandleRows
{
    /// <summary>A marketplace code, by its hash.</summary>
    internal const string MarketplaceCodeKind = "marketplace-code";

    // Of a code that an account has a real and a test license for, the real one.
    internal const string SelectLicenseId =
        $"SELECT license_id FROM handles WHERE handle = @handle AND kind = '{MarketplaceCodeKind}' AND account = @account ORDER BY test LIMIT 1";

    internal const string SelectAnyLicenseId =
        $"SELECT license_id FROM handles WHERE handle = @handle AND kind = '{MarketplaceCodeKind}' ORDER BY test, account LIMIT 1";

    private const string InsertHandle =
        $"INSERT INTO handles (account, test, kind, handle, license_id) VALUES (@account, @test, '{MarketplaceCodeKind}', @handle, @license_id)";

    private const string InsertCode = "INSERT INTO marketplace_codes (license_id, code, end_known_by) VALUES (@license_id, @code, @end_known_by)";

    private const string SelectCode = "SELECT code FROM marketplace_codes WHERE license_id = @license_id";

    private const string UpdateEnd = "UPDATE marketplace_codes SET end_known_by = @end_known_by WHERE license_id = @license_id";

    /// <summary>The words of the column end_known_by.</summary>
    internal static readonly Words<EndKnownBy> EndWords =
        new((EndKnownBy.Activation, "activation"), (EndKnownBy.Query, "query"), (EndKnownBy.Call, "call"));

    /// <summary>The lock under which a code gets its license, or a call on it is kept: one of the two is first.</summary>
    public static string Lock(string account, byte[] sha256) => $"marketplace code {account} {Convert.ToHexString(sha256)}";

    /// <summary>The license that an account's code leads to, or null.</summary>
    public static ValueTask<string?> FindLicenseIdAsync(IReadSession session, string account, byte[] sha256) => session.Prepared(SelectLicenseId)
        .Bind(sha256, account)
        .QuerySingleOrDefaultAsync(static row => row.GetString(0));

    /// <summary>The license that a code leads to, whichever account it is of; or null.</summary>
    public static ValueTask<string?> FindLicenseIdAsync(IReadSession session, byte[] sha256) => session.Prepared(SelectAnyLicenseId)
        .Bind(sha256)
        .QuerySingleOrDefaultAsync(static row => row.GetString(0));

    /// <summary>The code that a license was issued for; null = none.</summary>
    public static async ValueTask<MarketplaceCode?> FindCodeAsync(IReadSession session, string licenseId) =>
        MarketplaceCode.Read(await session.Prepared(SelectCode).Bind(licenseId).QuerySingleOrDefaultAsync(static row => row.GetString(0)));

    /// <summary>The code of a new license.</summary>
    public static void Add(IWriteSession session, License license, CodeOfLicense code)
    {
        session.Prepared(InsertHandle).Bind(license.Account, license.Test, code.Code.Sha256, license.Id).Enqueue();
        session.Prepared(InsertCode).Bind(license.Id, code.Code.Text, EndWords.WordOf(code.EndKnownBy)).Enqueue();
    }

    /// <summary>Somebody has said when the term ends. Of a license without a code nothing is kept.</summary>
    public static void EndIsKnown(IWriteSession session, string licenseId, EndKnownBy by) =>
        session.Prepared(UpdateEnd).Bind(EndWords.WordOf(by), licenseId).Enqueue();
}
