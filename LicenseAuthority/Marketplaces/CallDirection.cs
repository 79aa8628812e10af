namespace LicenseAuthority.Marketplaces;

/// <summary>Who calls whom.</summary>
internal enum CallDirection
{
    /// <summary>A marketplace calls this authority.</summary>
    In,

    /// <summary>This authority calls a marketplace.</summary>
    Out,
}

internal static class CallWords
{
    /// <summary>The words of a direction, as they are stored and as operators see them.</summary>
    public static readonly Words<CallDirection> Directions = new((CallDirection.In, "in"), (CallDirection.Out, "out"));
}
