namespace LicenseAuthority.Client.Format;

/// <summary>
/// Arrays for a moment, often longer than asked for: borrowed from the framework's pool. netstandard2.0 has none without a package, which a host would have to share
/// with everybody else in its process: there they are new ones.
/// </summary>
internal static class ScratchArrays<T>
{
    /// <summary>Borrows one of at least this length, with anything in it.</summary>
    public static T[] Rent(int length) =>
#if NET
        System.Buffers.ArrayPool<T>.Shared.Rent(length);
#else
        new T[length];
#endif

    /// <summary>Gives one back all the same, of which the first elements are needed for longer: all of them, where as many were asked for.</summary>
    public static T[] Keep(T[] array, int length)
    {
#if NET
        var kept = array[..length];
        Return(array);
        return kept;
#else
        return array;
#endif
    }

    /// <summary>Gives one back, once; nothing of it may be used afterwards.</summary>
    public static void Return(T[] array)
    {
#if NET
        System.Buffers.ArrayPool<T>.Shared.Return(array);
#endif
    }
}
