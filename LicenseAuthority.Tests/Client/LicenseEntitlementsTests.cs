using LicenseAuthority.Client;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client;

public sealed class LicenseEntitlementsTests : LicenseVerifierTestBase
{
    private readonly LicenseEntitlements _entitlements;

    public LicenseEntitlementsTests()
    {
        var code = TestCodes.Valid().With("ent", "{\"n\":-7,\"yes\":true,\"no\":false,\"text\":\"\",\"list\":[\"a\",\"b\"],\"empty\":[]}");
        _entitlements = Verifier.Check(code.Build()).License!.Entitlements;
    }

    [Test]
    public void TryGet_NameWithThisType_ReturnsTheValue()
    {
        Assert.That(_entitlements.TryGetInt64("n", out var number), Is.True);
        Assert.That(number, Is.EqualTo(-7));
        Assert.That(_entitlements.TryGetBoolean("yes", out var yes), Is.True);
        Assert.That(yes, Is.True);
        Assert.That(_entitlements.TryGetBoolean("no", out var no), Is.True);
        Assert.That(no, Is.False);
        Assert.That(_entitlements.TryGetString("text", out var text), Is.True);
        Assert.That(text, Is.Empty);
        Assert.That(_entitlements.TryGetStrings("list", out var list), Is.True);
        Assert.That(list, Is.EqualTo((string[])["a", "b"]));
        Assert.That(_entitlements.TryGetStrings("empty", out var empty), Is.True);
        Assert.That(empty, Is.Empty);
    }

    [TestCase("text")]
    [TestCase("N")]
    [TestCase("absent")]
    [TestCase("")]
    [TestCase(null)]
    public void TryGetInt64_AbsentOrOtherType_IsFalse(string? name)
    {
        Assert.That(_entitlements.TryGetInt64(name, out var value), Is.False);
        Assert.That(value, Is.Zero);
    }

    [Test]
    public void TryGet_OtherType_IsFalse()
    {
        Assert.That(_entitlements.TryGetBoolean("n", out var boolean), Is.False);
        Assert.That(boolean, Is.False);
        Assert.That(_entitlements.TryGetString("n", out var text), Is.False);
        Assert.That(text, Is.Null);
        Assert.That(_entitlements.TryGetStrings("text", out var list), Is.False);
        Assert.That(list, Is.Null);
    }

    [Test]
    public void NamesAndLists_CastToSomethingMutable_CannotBeChanged()
    {
        _entitlements.TryGetStrings("list", out var list);

        Assert.That(() => ((IList<string>)list!)[0] = "z", Throws.TypeOf<NotSupportedException>());
        Assert.That(() => ((IList<string>)_entitlements.Names)[0] = "z", Throws.TypeOf<NotSupportedException>());
    }
}
