using System.Diagnostics;
using OpenTelemetry;

namespace LicenseAuthority.Telemetry;

/// <summary>
/// Takes the query out of every span before it leaves: a marketplace call has its <c>authToken</c> and the customer's name there. The instrumentation
/// blacks out the values by itself, but a variable of the environment switches that off.
/// </summary>
internal sealed class QueryRemover : BaseProcessor<Activity>
{
    // The names of now and of before the conventions were stable.
    private static readonly string[] Tags = ["url.query", "url.full", "http.url", "http.target"];

    /// <inheritdoc/>
    public override void OnEnd(Activity data)
    {
        foreach (var tag in Tags)
        {
            // To set null removes.
            data.SetTag(tag, null);
        }
    }
}
