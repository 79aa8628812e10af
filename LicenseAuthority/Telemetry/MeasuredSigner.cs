using System.Diagnostics;
using System.Diagnostics.Metrics;
using LicenseAuthority.Licensing;
using LicenseAuthority.Licensing.Activations;

namespace LicenseAuthority.Telemetry;

/// <summary>Measures the signing of license codes. Changes nothing of it.</summary>
internal sealed class MeasuredSigner : ILicenseSigner
{
    private static readonly InstrumentAdvice<double> Advice = new()
    {
        HistogramBucketBoundaries = [0.00005, 0.0001, 0.00015, 0.0002, 0.0003, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.1, 1],
    };

    private readonly ILicenseSigner _signer;
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;

    public MeasuredSigner(ILicenseSigner signer, IMeterFactory meters, TimeProvider time)
    {
        _signer = signer;
        _time = time;
        _duration = meters.Create(AuthorityTelemetry.Name).CreateHistogram(
            "license_authority.code.sign.duration", "s", "Time to sign a license code and to check it as licensed software will.", tags: null, Advice);
    }

    /// <inheritdoc/>
    public ValueTask<SignedCode> SignAsync(License license, BoundDevice? device, CancellationToken cancellationToken) =>
        _duration.Enabled || AuthorityTelemetry.Spans.HasListeners()
            ? MeasureAsync(license, device, cancellationToken)
            : _signer.SignAsync(license, device, cancellationToken);

    private async ValueTask<SignedCode> MeasureAsync(License license, BoundDevice? device, CancellationToken cancellationToken)
    {
        using var span = AuthorityTelemetry.Spans.StartActivity("sign license code");
        span?.SetTag("license_authority.license.id", license.Id);
        var startedAt = _time.GetTimestamp();
        try
        {
            var code = await _signer.SignAsync(license, device, cancellationToken);
            _duration.Record(_time.GetElapsedTime(startedAt).TotalSeconds);
            return code;
        }
        catch (Exception exception)
        {
            // The type only: messages may tell more than a trace should hold.
            span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", exception.GetType().FullName);
            _duration.Record(_time.GetElapsedTime(startedAt).TotalSeconds, new KeyValuePair<string, object?>("error.type", exception.GetType().FullName));
            throw;
        }
    }
}
