using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Databases;

/// <summary>A database of its own for one service or one floor, real and durable. Disposal comes after the service has ended.</summary>
internal abstract class TestedDatabase : IAsyncDisposable
{
    public abstract SqlDialect Dialect { get; }

    /// <summary>The settings, as environment variables, with which a service uses it.</summary>
    public abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>CPU time that a server of its own has used so far; zero where the service itself does the work.</summary>
    public virtual TimeSpan ServerCpu => TimeSpan.Zero;

    /// <summary>Reads how many transactions were committed so far, while the service runs; null where nobody counts them.</summary>
    public virtual Func<long>? Commits => null;

    /// <summary>Stores so many licenses; <paramref name="due"/> = their term has just ended and nobody has settled them. The service must not be running.</summary>
    public abstract Task FillAsync(int count, bool due);

    /// <summary>Lends it to a piece of work of this process. The service must not be running.</summary>
    public abstract Task<T> UseAsync<T>(Func<IDatabase, Task<T>> work);

    /// <summary>How many licenses are due and not settled yet; while the service runs.</summary>
    public abstract Task<long> CountDueAsync();

    /// <summary>How many orders are stored. The service must not be running.</summary>
    public Task<long> CountOrdersAsync() => UseAsync(async database => await database.ReadAsync(
        static session => session.Prepared("SELECT count(*) FROM orders").QuerySingleOrDefaultAsync(static row => row.GetInt64(0))));

    /// <summary>How many calls in the journal came from a marketplace.</summary>
    public Task<long> CountCallsAsync() => UseAsync(async database => await database.ReadAsync(
        static session => session.Prepared("SELECT count(*) FROM marketplace_calls WHERE direction = 'in'").QuerySingleOrDefaultAsync(static row => row.GetInt64(0))));

    /// <summary>Measures what its writes cost at least: all rows of an order, and that of its call in the journal if it is asked for.</summary>
    public abstract StoreFloorMeasurement NewFloor(bool withCalls);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
