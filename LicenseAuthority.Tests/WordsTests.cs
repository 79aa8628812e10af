using LicenseAuthority.Licensing;
using LicenseAuthority.Marketplaces;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Tests;

internal sealed class WordsTests
{
    // What stands in databases: another word would make old rows unreadable.
    [Test]
    public void Words_OfStoredEnums_NeverChange()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(LicenseWords.States.All, Is.EqualTo(["Active", "Frozen", "Released", "Revoked"]));
            Assert.That(LicenseWords.Releasers.All, Is.EqualTo(["clock", "marketplace", "admin"]));
            Assert.That(LicenseWords.Answers.All, Is.EqualTo(["Applied", "Noted", "Conflict", "Unserved"]));
            Assert.That(LicenseWords.ConflictKinds.All, Is.EqualTo(["conflict", "unserved", "restored"]));
            Assert.That(LicenseWords.ConflictStatuses.All, Is.EqualTo(["open", "applied", "dismissed", "served"]));
            Assert.That(CallWords.Directions.All, Is.EqualTo(["in", "out"]));
            Assert.That(
                LicenseWords.EventTypes.All,
                Is.EqualTo([
                    "license.issued", "license.renewed", "license.frozen", "license.unfrozen", "license.released", "license.revoked", "license.changed",
                    "call.conflict", "call.noted", "order.unserved", "license.reissued", "license.restored",
                    "license.activated", "license.deactivated", "code.renewed",
                ]));
        }
    }

    [Test]
    public void Words_EveryValue_IsFoundAgainByItsWord()
    {
        Both(LicenseWords.States);
        Both(LicenseWords.Releasers);
        Both(LicenseWords.EventTypes);
        Both(LicenseWords.ConflictKinds);
        Both(LicenseWords.ConflictStatuses);
        Both(CallWords.Directions);

        static void Both<TEnum>(Words<TEnum> words)
            where TEnum : struct, Enum
        {
            foreach (var value in Enum.GetValues<TEnum>())
            {
                Assert.That(words.Find(words.WordOf(value)), Is.EqualTo(value));
            }
        }
    }

    [Test]
    public void WordOf_ValueWithoutAWord_Throws() =>
        Assert.That(() => LicenseWords.Answers.WordOf(CommandOutcome.Refused), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase("active")]
    [TestCase("Active ")]
    [TestCase("0")]
    [TestCase("")]
    public void Read_UnknownWord_NamesColumnAndWordAndIsNeverADefault(string word) => Assert.That(
        () => LicenseWords.States.FromSql("licenses.state", word),
        Throws.InstanceOf<StorageException>().With.Message.Contains("licenses.state").And.Message.Contains($"'{word}'"));

    [Test]
    public void Create_WordTwice_Throws() =>
        Assert.That(() => new Words<LicenseState>((LicenseState.Active, "a"), (LicenseState.Frozen, "a")), Throws.ArgumentException);
}
