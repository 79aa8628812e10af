using System.Globalization;

namespace LicenseAuthority;

/// <summary>How an instant is written, wherever somebody outside reads it: RFC 3339 in UTC with <c>Z</c>.</summary>
internal static class Rfc3339
{
    /// <summary>The form of <see cref="Seconds"/>, for those who read it.</summary>
    public const string SecondsForm = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>To the second; what is below is cut off.</summary>
    public static string Seconds(DateTimeOffset instant) => instant.UtcDateTime.ToString(SecondsForm, CultureInfo.InvariantCulture);

    /// <summary>To the millisecond, without a fraction where there is none.</summary>
    public static string Milliseconds(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);
}
