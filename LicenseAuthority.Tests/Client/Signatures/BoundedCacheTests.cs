using LicenseAuthority.Client.Signatures;

namespace LicenseAuthority.Tests.Client.Signatures;

public sealed class BoundedCacheTests
{
    [Test]
    public void Find_AfterAdd_ReturnsValueOfTheVeryText()
    {
        var cache = new BoundedCache<object>(sets: 4);
        var value = new object();

        cache.Add("a text that is longer than what is hashed of it", value);

        Assert.That(cache.Find("a text that is longer than what is hashed of it"), Is.SameAs(value));
        Assert.That(cache.Find("b text that is longer than what is hashed of it"), Is.Null);
        Assert.That(cache.Find(""), Is.Null);
    }

    [Test]
    public void Add_FarMoreThanFit_KeepsABoundedNumber()
    {
        var cache = new BoundedCache<object>(sets: 4);
        for (var i = 0; i < 10_000; i++)
        {
            cache.Add($"text {i}", new object());
        }

        Assert.That(Enumerable.Range(0, 10_000).Count(i => cache.Find($"text {i}") is not null), Is.InRange(4, 16));
        Assert.That(cache.Find("text 9999"), Is.Not.Null);
    }

    [Test]
    public void Add_FromManyThreads_NeverMixesValuesUp()
    {
        var cache = new BoundedCache<string>(sets: 2);

        Parallel.For(0, 20_000, i =>
        {
            var text = $"text {i % 50}";
            cache.Add(text, text);
            Assert.That(cache.Find(text), Is.Null.Or.EqualTo(text));
        });
    }
}
