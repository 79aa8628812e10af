using LicenseAuthority.Licensing;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Licensing;

/// <summary>Calls on one license go one after the other, in the order in which they came, and nobody waits for ever.</summary>
internal sealed class TurnQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private TurnQueue _queue = null!;

    [SetUp]
    public void Create() => _queue = new TurnQueue(_time);

    [Test]
    public async Task Take_ManyForOneKey_EachInItsOrderAndOneAtATime()
    {
        var order = new List<int>();
        var inside = 0;
        var first = await TakeAsync("lic_1");
        var waiting = Enumerable.Range(0, 48).Select(WorkAsync).ToList();
        Assert.That(order, Is.Empty, "somebody has the turn");

        first.Dispose();
        await Task.WhenAll(waiting);

        Assert.That(order, Is.EqualTo(Enumerable.Range(0, 48)));
        Assert.That(_queue.Taken, Is.Zero, "no key stays behind");

        async Task WorkAsync(int number)
        {
            using var turn = await TakeAsync("lic_1");
            Assert.That(Interlocked.Increment(ref inside), Is.EqualTo(1));
            order.Add(number);
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        }
    }

    [Test]
    public async Task Take_OtherKey_DoesNotWait()
    {
        using var one = await TakeAsync("lic_1");

        var other = TakeAsync("lic_2");

        Assert.That(other.IsCompletedSuccessfully, Is.True);
        (await other).Dispose();
        Assert.That(_queue.Taken, Is.EqualTo(1));
    }

    [Test]
    public async Task Take_KeysThatAreEqual_AreOne()
    {
        var key = new OrderKey("default", Test: false, "CS1", "", "OFFI1");
        using var one = await TakeAsync(key);

        Assert.That(TakeAsync(key with { }).IsCompleted, Is.False);
        Assert.That(TakeAsync(key with { Test = true }).IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task Take_HolderFails_TheNextHasItsTurn()
    {
        Task<TurnQueue.Turn> next = null!;
        async Task FailAsync()
        {
            using var turn = await TakeAsync("lic_1");
            next = TakeAsync("lic_1");
            throw new InvalidOperationException("the test says so");
        }

        await Assert.ThatAsync(FailAsync, Throws.InvalidOperationException);

        (await next).Dispose();
        Assert.That(_queue.Taken, Is.Zero);
    }

    [Test]
    public async Task Take_HolderNeverEnds_BusyAfterThreeSecondsAndTheOthersGoOn()
    {
        var holder = await TakeAsync("lic_1");
        var late = TakeAsync("lic_1");
        _time.Advance(TimeSpan.FromSeconds(2));
        var later = TakeAsync("lic_1");

        _time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThatAsync(() => late, Throws.TypeOf<StoreBusyException>());
        Assert.That(later.IsCompleted, Is.False, "it has waited for a second");
        holder.Dispose();
        (await later).Dispose();
        Assert.That(_queue.Taken, Is.Zero);
    }

    [Test]
    public async Task Take_CallerGivesUp_TheOthersGoOn()
    {
        var holder = await TakeAsync("lic_1");
        using var cancellation = new CancellationTokenSource();
        var given = _queue.TakeAsync("lic_1", cancellation.Token).AsTask();
        var next = TakeAsync("lic_1");

        await cancellation.CancelAsync();

        await Assert.ThatAsync(() => given, Throws.InstanceOf<OperationCanceledException>());
        holder.Dispose();
        (await next).Dispose();
        Assert.That(_queue.Taken, Is.Zero);
    }

    private Task<TurnQueue.Turn> TakeAsync(object key) => _queue.TakeAsync(key, CancellationToken.None).AsTask();
}
