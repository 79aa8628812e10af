namespace LicenseAuthority.Licensing.PendingOrders;

/// <summary>
/// When a pending order is looked up again, and when somebody is told. Pure. Often at first, since the marketplace waits; when it has given up and paid the
/// customer back, by itself, only now and then.
/// </summary>
internal static class PendingOrderRules
{
    /// <summary>The first wait; each further one is twice as long.</summary>
    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(4);

    /// <summary>The longest wait while the marketplace waits too.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>The wait once the order is unserved.</summary>
    public static readonly TimeSpan UnservedWait = TimeSpan.FromHours(1);

    /// <summary>So long after it came it is told that it takes long.</summary>
    public static readonly TimeSpan WarnAfter = TimeSpan.FromMinutes(30);

    /// <summary>So long after it came it is unserved.</summary>
    public static readonly TimeSpan UnservedAfter = TimeSpan.FromHours(2);

    /// <summary>After that it is not looked up by itself any more.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    /// <summary>What follows when an order is still not served after an attempt.</summary>
    /// <param name="order">The order, that attempt counted.</param>
    /// <param name="isNotSold">What was bought is known, and not sold here: only a person can mend it.</param>
    /// <param name="now">When the attempt ended.</param>
    /// <param name="clockIsSettled">While the clock is in doubt nobody is told and nothing is given up: by a clock that is ahead every order is old.</param>
    public static PendingOrderStep AfterFailure(PendingOrder order, bool isNotSold, DateTimeOffset now, bool clockIsSettled)
    {
        var age = clockIsSettled ? now - order.Since : TimeSpan.Zero;
        var becomesUnserved = order.UnservedAt is null && (isNotSold || age >= UnservedAfter);
        var isUnserved = becomesUnserved || order.UnservedAt is not null;
        var wait = isUnserved ? UnservedWait : WaitAfter(order.Attempts);
        DateTimeOffset? next = now + wait;
        if (clockIsSettled)
        {
            var last = order.Since + GiveUpAfter;
            next = now >= last ? null : next < last ? next : last;
        }

        return new PendingOrderStep(next, Warns: !isUnserved && order.WarnedAt is null && age >= WarnAfter, becomesUnserved);
    }

    private static TimeSpan WaitAfter(int attempts)
    {
        var wait = FirstWait;
        for (var doubled = 1; doubled < attempts && wait < LongestWait; doubled++)
        {
            wait *= 2;
        }

        return wait < LongestWait ? wait : LongestWait;
    }
}

/// <summary>What follows an attempt after which an order is still pending.</summary>
/// <param name="NextAttemptAt">When it is looked up again; null = not by itself.</param>
/// <param name="Warns">It is told now that it takes long.</param>
/// <param name="BecomesUnserved">It is told now that it is unserved.</param>
internal sealed record PendingOrderStep(DateTimeOffset? NextAttemptAt, bool Warns, bool BecomesUnserved);
