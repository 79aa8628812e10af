using LicenseAuthority.Codes;

namespace LicenseAuthority.Tests.Codes;

/// <summary>Indexes are spread, and none comes twice.</summary>
internal sealed class StatusIndexPermutationTests
{
    [Test]
    public void IndexOf_AllPositions_IsAPermutation()
    {
        var permutation = new StatusIndexPermutation(Key(1));
        var seen = new bool[StatusIndexPermutation.Size];
        for (var position = 0; position < seen.Length; position++)
        {
            var index = permutation.IndexOf(position);
            if (seen[index])
            {
                Assert.Fail($"The index {index} comes twice, again at position {position}.");
            }

            seen[index] = true;
        }

        Assert.That(seen, Has.Length.EqualTo(1_048_576));
    }

    [Test]
    public void IndexOf_OtherKey_GivesOtherIndexes()
    {
        var first = new StatusIndexPermutation(Key(1));
        var second = new StatusIndexPermutation(Key(2));

        // By chance a handful of 1,000 could be the same, hardly ever more.
        Assert.That(Enumerable.Range(0, 1000).Count(position => first.IndexOf(position) == second.IndexOf(position)), Is.LessThan(10));
    }

    [Test]
    public void IndexOf_SameKey_GivesTheSameIndexes()
    {
        var first = new StatusIndexPermutation(Key(1));
        var again = new StatusIndexPermutation(Key(1));

        Assert.That(Enumerable.Range(0, 1000), Has.All.Matches<int>(position => first.IndexOf(position) == again.IndexOf(position)));
    }

    // What a customer sees must not tell how much was sold: the first positions are spread over the whole list.
    [Test]
    public void IndexOf_FirstPositions_AreSpread()
    {
        var permutation = new StatusIndexPermutation(Key(1));
        var eighths = Enumerable.Range(0, 800).Select(position => permutation.IndexOf(position) / (StatusIndexPermutation.Size / 8)).CountBy(eighth => eighth).ToList();

        Assert.That(eighths, Has.Count.EqualTo(8));
        Assert.That(eighths.Select(eighth => eighth.Value), Has.All.InRange(50, 150));
    }

    [TestCase(-1)]
    [TestCase(StatusIndexPermutation.Size)]
    public void IndexOf_OutsideTheList_Throws(int position)
    {
        Assert.That(() => new StatusIndexPermutation(Key(1)).IndexOf(position), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static byte[] Key(byte seed) => [.. Enumerable.Repeat(seed, 32)];
}
