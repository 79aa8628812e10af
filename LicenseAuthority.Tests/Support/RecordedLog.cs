using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Support;

internal sealed record RecordedLog(string Category, LogLevel Level, string Message, string Parameters, Exception? Exception);
