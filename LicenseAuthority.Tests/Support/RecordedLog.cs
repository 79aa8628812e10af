using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Support;

/// <summary>A line of the log.</summary>
internal sealed record RecordedLog(string Category, LogLevel Level, string Message, string Parameters, Exception? Exception);
