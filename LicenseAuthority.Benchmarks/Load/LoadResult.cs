using System.Globalization;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>All samples and floors of a run, and what they come to: medians of what each run says by itself.</summary>
internal sealed class LoadResult(LoadOptions options)
{
    private const string Peer = "cfssl";
    private const int ConnectionsOfGoals = 64;

    private readonly List<(int Run, string Target, LoadSample Sample)> _samples = [];
    private readonly List<(int Run, Floors Floors)> _floors = [];
    private readonly List<Service> _services = [];

    public IReadOnlyList<Service> Services => _services;

    /// <summary>The samples of the same server on as many connections, together.</summary>
    public IEnumerable<IGrouping<(string Target, int Connections), LoadSample>> Samples =>
        _samples.GroupBy(static sample => (sample.Target, sample.Sample.Connections), static sample => sample.Sample);

    /// <summary>Orders to a COMMIT at the most connections, as seen while warming up.</summary>
    public double WarmUpBatch => _services.Select(static service => service.WarmUp.Batch).LastOrDefault(static batch => !double.IsNaN(batch), 1);

    /// <summary>Orders that were answered and not found after the kill.</summary>
    public long LostOrders { get; private set; }

    /// <summary>Share of the machine that other programs took.</summary>
    public double Others => Median(_samples.Select(static sample => sample.Sample.Others));

    /// <summary>Whether cfssl was measured beside.</summary>
    public bool HasPeer => _samples.Exists(static sample => sample.Target == Peer);

    private int Most => options.Connections[^1];

    // With fewer connections cores wait for the disk, and the limit of other profiles is still that of new orders.
    private bool HasGoal(int connections) => connections >= ConnectionsOfGoals && options.Profile == LoadProfile.Orders;

    /// <summary>A service has started and is warm.</summary>
    public Service Add(AuthorityUnderTest authority, LoadSample warmUp)
    {
        var service = new Service(authority.Target.Name, authority.Database, authority.Stored, authority.Nodes, authority.FirstAnswer, warmUp);
        _services.Add(service);
        return service;
    }

    public void Add(int run, string target, LoadSample sample) => _samples.Add((run, target, sample));

    public void Add(int run, Floors before, Floors after) => _floors.Add((run, Floors.Between(before, after)));

    /// <summary>A service was killed.</summary>
    public void AddKill(long answered, long found) => LostOrders += Math.Max(0, answered - found);

    /// <summary>The limit of the cores at the most connections.</summary>
    public double CoreLimit(Service service) => Median(service.Name, Most, (sample, floors, _) => floors.CoreLimit(service.Database) * sample.Available);

    /// <summary>The limit of the database at the most connections.</summary>
    public double StoreLimit(Service service) => Median(service.Name, Most, (sample, floors, _) => floors.StoreLimit(service.Database, sample.Batch));

    /// <summary>What each service reaches of what the machine allows, and beside its peers.</summary>
    public IEnumerable<Figure> Figures()
    {
        foreach (var service in _services)
        {
            foreach (var connections in options.Connections)
            {
                yield return BesideLimit(service, connections);
                if (HasPeer && service.Database == SqlDialect.Sqlite)
                {
                    yield return BesidePeer(service, connections);
                }
            }

            // Several nodes are judged beside one.
            if (service.Nodes > 1)
            {
                continue;
            }

            if (options.Connections.Contains(1))
            {
                yield return OrderFigures.SlowestAlone(
                    $"{service.Name}: one order at a time, p99",
                    1000 * Median(service.Name, 1, static (sample, _, _) => sample.Slow),
                    1000 * Median(service.Name, 1, static (sample, _, _) => sample.Median),
                    Median(service.Name, 1, static (_, floors, _) => floors.SlowFlush));
            }

            yield return new Figure($"{service.Name}: from the first order to 90 % of full speed, on {Most} connections", Unit.Microseconds, 1e6 * service.FullSpeedAfter)
            {
                Goal = Goal.AtMost(3e6),
                Note = $"full speed = that of the second half of {FigureText.Of(options.WarmUp.TotalMicroseconds, Unit.Microseconds)}",
            };
        }
    }

    /// <summary>What services cost beside the first one.</summary>
    public IEnumerable<Figure> ComparedFigures()
    {
        foreach (var service in _services.Skip(1))
        {
            foreach (var connections in options.Connections)
            {
                if (service.Nodes > 1 && OneNodeOf(service) is { } oneNode)
                {
                    yield return BesideOneNode(service, oneNode, connections);
                    continue;
                }

                if (service.Database != _services[0].Database)
                {
                    yield return BesideOtherDatabase(service, connections);
                    continue;
                }

                // Where requests are of several kinds, each counts by itself.
                var kinds = KindsOf(service, connections).ToList();
                if (kinds.Count == 0)
                {
                    yield return TimeBesideFirst(service, connections);
                }

                foreach (var kind in kinds)
                {
                    yield return TimeBesideFirst(service, connections, kind);
                }
            }
        }
    }

    /// <summary>The middle one; the mean of both where two are in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private Figure BesideLimit(Service service, int connections) => new(OrdersOn(service, connections), Unit.PerSecond, Rate(service, connections))
    {
        Floor = Median(service.Name, connections, (sample, floors, _) => floors.Limit(service.Database, sample)),
        FloorIs = "the lower limit",
        Ratio = Median(service.Name, connections, (sample, floors, _) => sample.Rate / floors.Limit(service.Database, sample)),
        Goal = HasGoal(connections) && service.Nodes == 1 ? Goal.RatioAtLeast(service.Database == SqlDialect.Sqlite ? 0.75 : 0.6) : null,
        Note = $"p50 {Milliseconds(service, connections, static sample => sample.Median)}, p99 {Milliseconds(service, connections, static sample => sample.Slow)}",
    };

    private Figure BesidePeer(Service service, int connections) => new(OrdersOn(service, connections), Unit.PerSecond, Rate(service, connections))
    {
        Floor = Rate(Peer, connections),
        FloorIs = $"{Peer}, which signs and stores nothing",
        Ratio = Median(service.Name, connections, (sample, _, run) =>
            sample.Rate / _samples.Single(other => other.Run == run && other.Target == Peer && other.Sample.Connections == connections).Sample.Rate),
        Goal = HasGoal(connections) ? Goal.RatioAtLeast(1.2) : null,
    };

    private Figure BesideOtherDatabase(Service service, int connections) => new(OrdersOn(service, connections), Unit.PerSecond, Rate(service, connections))
    {
        Floor = Rate(_services[0], connections),
        FloorIs = _services[0].Name,
        Goal = HasGoal(connections) ? Goal.RatioAtLeast(0.4) : null,
        Note = $"CPU of an order {FigureText.Of(Cpu(service, connections), Unit.Microseconds)}, of {_services[0].Name} {FigureText.Of(Cpu(_services[0], connections), Unit.Microseconds)}",
    };

    private Figure BesideOneNode(Service service, Service oneNode, int connections) => new(OrdersOn(service, connections), Unit.PerSecond, Rate(service, connections))
    {
        Floor = Rate(oneNode, connections),
        FloorIs = "one node",
        Goal = HasGoal(connections) ? Goal.RatioAtLeast(1) : null,
    };

    // What a connection waits for its answer on average.
    private Figure TimeBesideFirst(Service service, int connections) => new(
        $"{service.Name}: time for an answer, {Connections(connections)}", Unit.Microseconds, 1e6 * connections / Rate(service, connections))
    {
        Floor = 1e6 * connections / Rate(_services[0], connections),
        FloorIs = _services[0].Name,
        Goal = GoalBesideFirst(service),
    };

    private Figure TimeBesideFirst(Service service, int connections, string kind) => new(
        $"{service.Name}: {kind}, {Connections(connections)}, p50", Unit.Microseconds, KindTime(service, connections, kind))
    {
        Floor = KindTime(_services[0], connections, kind),
        FloorIs = _services[0].Name,
        Goal = GoalBesideFirst(service),
    };

    private Goal? GoalBesideFirst(Service service) => service.Stored == _services[0].Stored ? null : Goal.RatioAtMost(1.5);

    // The same build on as many licenses: services come build by build, and of one build with the fewest nodes first.
    private Service? OneNodeOf(Service service) => _services.TakeWhile(other => !ReferenceEquals(other, service))
        .LastOrDefault(other => other.Nodes == 1 && other.Database == service.Database && other.Stored == service.Stored);

    private IEnumerable<string> KindsOf(Service service, int connections) =>
        SamplesOf(service.Name, connections).SelectMany(static sample => sample.Sample.Kinds).Select(static kind => kind.Kind).Distinct();

    private double KindTime(Service service, int connections, string kind) => Median(SamplesOf(service.Name, connections)
        .SelectMany(static sample => sample.Sample.Kinds).Where(each => each.Kind == kind).Select(static each => 1000 * each.Median));

    private static string OrdersOn(Service service, int connections) => $"{service.Name}: answers, {Connections(connections)}";

    private static string Connections(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "connection" : "connections")}");

    private string Milliseconds(Service service, int connections, Func<LoadSample, double> value) =>
        FigureText.Of(1000 * Median(service.Name, connections, (sample, _, _) => value(sample)), Unit.Microseconds);

    private double Rate(Service service, int connections) => Rate(service.Name, connections);

    private double Rate(string target, int connections) => Median(target, connections, static (sample, _, _) => sample.Rate);

    private double Cpu(Service service, int connections) => Median(service.Name, connections, static (sample, _, _) => sample.CpuPerRequest);

    private double Median(string target, int connections, Func<LoadSample, Floors, int, double> value) => Median(SamplesOf(target, connections)
        .Select(sample => value(sample.Sample, _floors.Single(floors => floors.Run == sample.Run).Floors, sample.Run)));

    private IEnumerable<(int Run, string Target, LoadSample Sample)> SamplesOf(string target, int connections) =>
        _samples.Where(sample => sample.Target == target && sample.Sample.Connections == connections);

    /// <summary>A service that was measured.</summary>
    /// <param name="Name">As in tables.</param>
    /// <param name="Database">What it stores in.</param>
    /// <param name="Stored">Licenses that were stored before.</param>
    /// <param name="Nodes">Processes that serve its database.</param>
    /// <param name="FirstAnswer">From the start of its process to the first license code.</param>
    /// <param name="WarmUp">What it answered after that, until it was warm.</param>
    internal sealed record Service(string Name, SqlDialect Database, int Stored, int Nodes, TimeSpan FirstAnswer, LoadSample WarmUp)
    {
        /// <summary>How many seconds of load came before the first that reached 90 % of full speed.</summary>
        public int FullSpeedAfter
        {
            get
            {
                var full = WarmUp.PerSecond.Skip(WarmUp.PerSecond.Count / 2).DefaultIfEmpty().Average();
                return WarmUp.PerSecond.TakeWhile(answers => answers < 0.9 * full).Count();
            }
        }
    }
}
