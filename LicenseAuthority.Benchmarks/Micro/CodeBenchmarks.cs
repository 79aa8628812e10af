using BenchmarkDotNet.Attributes;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Codes;
using LicenseAuthority.Keys;
using LicenseAuthority.Licensing;

namespace LicenseAuthority.Benchmarks.Micro;

/// <summary>License codes: sign, take apart, check.</summary>
public class CodeBenchmarks : IDisposable
{
    private SampleCodes _samples = null!;
    private License _license = null!;
    private LicenseCodeWriter _writer = null!;
    private Ed25519PrivateKey _key = null!;
    private Ed25519PublicKey _publicKey = null!;
    private byte[] _message = [];
    private byte[] _signature = [];
    private string _code = "";
    private string[] _codesOfManyKeys = [];
    private KeyCertificate _certificate = null!;
    private LicenseVerifier _forgetful = null!;
    private LicenseVerifier _verifier = null!;
    private int _turn;

    [GlobalSetup]
    public async Task SetUp()
    {
        _samples = new SampleCodes();
        _license = SampleCodes.License();
        _writer = _samples.NewWriter();
        _code = (await _writer.SignAsync(_license, device: null, CancellationToken.None)).Text;
        _codesOfManyKeys = _samples.ResignWithManyKeys(_code);
        _certificate = _samples.Certificate;

        var parts = CodeText.Read(_code, out _)!;
        _message = parts.SignedBytes[..parts.SignedLength];
        _signature = parts.Signature;
        _publicKey = _certificate.PublicKey;
        _key = Ed25519PrivateKey.Generate();

        _verifier = _samples.NewVerifier(cacheCodes: true);
        _forgetful = _samples.NewVerifier(cacheCodes: false);
        foreach (var check in (LicenseCheck[])[_verifier.Check(_code), _forgetful.Check(_code), _verifier.Check(_codesOfManyKeys[^1])])
        {
            if (!check.IsValid)
            {
                throw new InvalidOperationException($"A sample code is {check.Outcome}.");
            }
        }
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _samples.Dispose();
        _key.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Description = "Ed25519: sign")]
    public byte[] SignMessage() => _key.Sign(_message);

    [Benchmark(Description = "code: write, sign, check our own work")]
    public async Task<object> SignCode() => await _writer.SignAsync(_license, device: null, CancellationToken.None);

    [Benchmark(Description = "Ed25519: verify", Baseline = true)]
    public bool VerifySignature() => _publicKey.Verify(_message, _signature);

    [Benchmark(Description = "code: take apart, without signatures")]
    public object TakeApart()
    {
        var parts = CodeText.Read(_code, out _)!;
        CodeHeader.Read(parts, CodeHeader.LicenseCodeType, out _);
        return ClaimsReader.Read(parts, _certificate, out _)!;
    }

    [Benchmark(Description = "Check: first time at all")]
    public LicenseOutcome CheckFirstTime() => _forgetful.Check(_codesOfManyKeys[_turn++ % _codesOfManyKeys.Length]).Outcome;

    [Benchmark(Description = "Check: first time, certificate known")]
    public LicenseOutcome CheckKnownCertificate() => _forgetful.Check(_code).Outcome;

    [Benchmark(Description = "Check: again")]
    public LicenseOutcome CheckAgain() => _verifier.Check(_code).Outcome;
}
