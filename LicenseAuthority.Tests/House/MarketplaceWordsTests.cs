using System.Text.RegularExpressions;

namespace LicenseAuthority.Tests.House;

/// <summary>A second marketplace comes with a folder of its own, and not a line in <c>Licensing</c>.</summary>
internal sealed partial class MarketplaceWordsTests
{
    [Test]
    public void Licensing_HoldsNoWordOfAnyOneMarketplace_NotEvenInComments()
    {
        var found = from path in SourceFiles.In("LicenseAuthority", "Licensing")
                    from line in File.ReadLines(path).Select((text, number) => (Text: text, Number: number + 1))
                    where Words().IsMatch(line.Text)
                    select $"{Path.GetFileName(path)}:{line.Number}: {line.Text.Trim()}";

        Assert.That(found, Is.Empty);
    }

    [GeneratedRegex(@"(get|refresh|expire|release)License\b|businessId|authToken|testFlag|KooGallery|Huawei|\bV[12]\b|""NEW""|RENEWAL|UNSUBSCRIBE|TRIAL_TO|UNFREEZE|\bFREEZE|\bREFRESH|00000\d")]
    private static partial Regex Words();
}
