namespace LicenseAuthority;

/// <summary>
/// Holds what an asynchronous step of the start opens, so that no factory of the container has to wait. The container hands it out and closes it in the end.
/// </summary>
internal sealed class Opened<T>
    where T : class
{
    private T? _value;

    /// <summary>What was opened. Before that nobody may ask: the steps of <see cref="AuthorityHost"/> are in the wrong order then.</summary>
    public T Value => _value ?? throw new InvalidOperationException($"{typeof(T).Name} is asked for before the start has opened it.");

    /// <summary>Keeps what was opened; once.</summary>
    public void Set(T value) => _value = _value is null ? value : throw new InvalidOperationException($"{typeof(T).Name} is open already.");
}

internal static class OpenedServices
{
    /// <summary>Registers a service that a step of the start opens.</summary>
    public static IServiceCollection AddOpened<T>(this IServiceCollection services)
        where T : class
    {
        services.AddSingleton<Opened<T>>();
        services.AddSingleton(static provider => provider.GetRequiredService<Opened<T>>().Value);
        return services;
    }
}
