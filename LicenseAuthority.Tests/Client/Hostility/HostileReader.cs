using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Fetching;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Keeping;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Client.Timekeeping;
using LicenseAuthority.Codes;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Hostility;

/// <summary>
/// One of the client's readers of foreign input, with good input to change, and what became of an input. The rule by which that is judged knows nothing of the formats:
/// a text is genuine exactly if it is, without ASCII white space, one of the texts that were signed.
/// </summary>
internal abstract class HostileReader
{
    private static readonly LicenseVerifierOptions Stopped = new() { TimeProvider = new StoppedClock(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now)) };

    private static readonly string[] Devices = ["board"];

    // The parts of a code whose signature nobody looks at.
    private static readonly string EmptyHeader = StrictBase64Url.Encode([.. "{}"u8]);
    private static readonly string NoSignature = StrictBase64Url.Encode(new byte[Ed25519PublicKey.SignatureSize]);

    private static readonly string[] SignedCodes =
    [
        TestCodes.Valid().Build(),
        TestCodes.Valid().With("gen", 2).With("iat", TestCodes.IssuedAt + 1).Without("exp").Without("grace").Build(),
        TestCodes.Valid().With("cn", "\"\u6d4b\u8bd5\"").With("trial", "true").BoundTo("board", "disk").With("devk", 1).Build(),
        TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithSerial(TestCodes.CertificateSerial + 1).Build(),
        TestCodes.Valid().WithHeader("alg", "\"Ed25519\"").With("test", "true").With("ent", "{}").Build(),
    ];

    private static readonly string[] SignedLists = [.. Enumerable.Range(0, 4).Select(entry => TestStatusLists.With(entry).With("seq", 7 + entry).Build())];

    private static readonly HashSet<string> Genuine = new([.. SignedCodes, .. SignedLists], StringComparer.Ordinal);

    public static HostileReader[] All { get; } =
        [new Codes(), new Certificates(), new StatusLists(), new Claims(), new Entries(), new LicenseFiles(), new StoreFiles(), new Answers()];

    /// <summary>Good input.</summary>
    public abstract IReadOnlyList<string> Texts { get; }

    /// <summary>What must come out of changed ones, each more than now and then, or they prove nothing.</summary>
    public abstract IReadOnlyList<LicenseOutcome> Reached { get; }

    protected LicenseVerifier Verifier { get; } = new(TestCodes.RootLine(), TestCodes.Product, Stopped);

    /// <summary>
    /// Reads an input, and says what became of it (null: more than may be, as when somebody is licensed by what nobody signed), and what memory that took in bytes.
    /// </summary>
    public (LicenseOutcome? Outcome, long Allocated) Read(string text)
    {
        var input = Prepare(text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = Parse(input);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return (Judge(text, result), allocated);
    }

    public override string ToString() => GetType().Name;

    /// <summary>What the reader takes.</summary>
    protected virtual object Prepare(string text) => text;

    protected abstract object? Parse(object input);

    protected abstract LicenseOutcome? Judge(string text, object? result);

    /// <summary>Whether a code or a list is found genuine exactly if it is.</summary>
    protected static bool IsRight(bool isFoundGenuine, string? text) =>
        isFoundGenuine == Genuine.Contains(string.Concat((text ?? "").Where(character => !CodeText.AsciiWhiteSpace.Contains(character, StringComparison.Ordinal))));

    private static KeyCertificate Certificate { get; } =
        KeyCertificate.TryParse(TestCodes.Valid().Certificate(), out var certificate) ? certificate! : throw new InvalidOperationException();

    private static string Token(string payload) => $"{EmptyHeader}.{StrictBase64Url.Encode(ToBytes(payload))}.{NoSignature}";

    private static byte[] ToBytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string PayloadOf(string code)
    {
        StrictBase64Url.TryDecode(code.Split('.')[1], out var payload);
        return Encoding.Latin1.GetString(payload);
    }

    private sealed class Codes : HostileReader
    {
        public override IReadOnlyList<string> Texts => SignedCodes;

        public override IReadOnlyList<LicenseOutcome> Reached =>
            [LicenseOutcome.Malformed, LicenseOutcome.UntrustedKey, LicenseOutcome.BadSignature, LicenseOutcome.Valid];

        protected override object? Parse(object input) => Verifier.Check((string)input, Devices);

        protected override LicenseOutcome? Judge(string text, object? result) =>
            result is LicenseCheck check && IsRight(check.License is not null, text) ? check.Outcome : null;
    }

    private sealed class Certificates : HostileReader
    {
        private readonly string[] _texts =
        [
            StrictBase64Url.Encode(TestCodes.Valid().Certificate()),
            StrictBase64Url.Encode(TestCodes.Valid().WithUsages(KeyUsages.StatusLists).WithSerial(uint.MaxValue).Certificate()),
            StrictBase64Url.Encode(TestCodes.Valid().SignedBy(TestCodes.OtherIssuingSeed).WithWindow(0, KeyCertificate.LatestSecond + 1).Certificate()),
        ];

        private readonly TrustedKeys _keys = new([Root()], minimumSerial: 0);

        public override IReadOnlyList<string> Texts => _texts;

        public override IReadOnlyList<LicenseOutcome> Reached => [LicenseOutcome.Malformed, LicenseOutcome.UntrustedKey];

        protected override object? Parse(object input) => _keys.Trust((string)input, out var fault) as object ?? fault;

        protected override LicenseOutcome? Judge(string text, object? result) =>
            result is KeyCertificate != _texts.Contains(text) || _keys.MinimumSerial != 0 ? null : (result as CodeFault)?.Outcome ?? LicenseOutcome.Valid;

        private static Ed25519PublicKey Root() =>
            Ed25519PublicKey.TryCreate(TestCodes.PublicKey(TestCodes.RootSeed), out var key) ? key! : throw new InvalidOperationException();
    }

    private sealed class StatusLists : HostileReader
    {
        public override IReadOnlyList<string> Texts => SignedLists;

        public override IReadOnlyList<LicenseOutcome> Reached =>
            [LicenseOutcome.Malformed, LicenseOutcome.UntrustedKey, LicenseOutcome.BadSignature, LicenseOutcome.Valid];

        protected override object? Parse(object input) => Verifier.CheckStatusList((string)input);

        protected override LicenseOutcome? Judge(string text, object? result) => result is StatusListCheck check && IsRight(check.IsGenuine, text) ? check.Outcome : null;
    }

    // What stands behind a good signature, as if whoever signs had gone mad.
    private sealed class Claims : HostileReader
    {
        public override IReadOnlyList<string> Texts { get; } = [.. SignedCodes.Select(PayloadOf)];

        public override IReadOnlyList<LicenseOutcome> Reached => [LicenseOutcome.Malformed, LicenseOutcome.Valid];

        protected override object Prepare(string text) => Token(text);

        protected override object? Parse(object input) => CodeText.Read((string)input, out _) is { } code ? ClaimsReader.Read(code, Certificate, out _) : null;

        protected override LicenseOutcome? Judge(string text, object? result) => result is not LicenseCode license ? LicenseOutcome.Malformed
            : license is { Quantity: >= 1 and <= 9_999_999, Generation: >= 1, ProductId.Length: > 0, DeviceIds.Count: <= 8 }
                && license.RequiredDeviceMatches <= license.DeviceIds.Count && license.Grace >= TimeSpan.Zero ? LicenseOutcome.Valid
            : null;
    }

    private sealed class Entries : HostileReader
    {
        public override IReadOnlyList<string> Texts { get; } = [.. SignedLists.Select(PayloadOf)];

        public override IReadOnlyList<LicenseOutcome> Reached => [LicenseOutcome.Malformed, LicenseOutcome.Valid];

        protected override object Prepare(string text) => Token(text);

        protected override object? Parse(object input)
        {
            if (CodeText.Read((string)input, out _, StatusListReader.MaximumLength, StatusListReader.MaximumRawLength) is not { } parts)
            {
                return null;
            }

            var list = StatusListReader.Read(parts, Certificate, out _);
            parts.GiveBack();
            return list;
        }

        protected override LicenseOutcome? Judge(string text, object? result) => result is not LicenseStatusList list ? LicenseOutcome.Malformed
            : list.Count == 1 << 20 && list.Sequence > 0 && list.ExpiresAt > list.IssuedAt ? LicenseOutcome.Valid
            : null;
    }

    private sealed class LicenseFiles : HostileReader
    {
        public override IReadOnlyList<string> Texts { get; } =
        [
            LicenseFileWriter.Write(SignedCodes[0], null),
            LicenseFileWriter.Write(SignedCodes[0], SignedLists[0]),
            LicenseFileWriter.Write(SignedCodes[1], SignedLists[1]),
            "> " + LicenseFileWriter.Write(SignedCodes[3], SignedLists[2]).Replace("\n", "\r\n> ", StringComparison.Ordinal),
            SignedCodes[2],
        ];

        public override IReadOnlyList<LicenseOutcome> Reached =>
            [LicenseOutcome.Malformed, LicenseOutcome.UntrustedKey, LicenseOutcome.BadSignature, LicenseOutcome.Valid, LicenseOutcome.Revoked];

        protected override object? Parse(object input) => LicenseFile.Parse((string)input);

        protected override LicenseOutcome? Judge(string text, object? result)
        {
            var file = (LicenseFile)result!;
            var list = Verifier.CheckStatusList(file.GetStatusList()).List;
            var check = Verifier.Check(file.GetCode(), list, Devices);
            return IsRight(list is not null, file.GetStatusList()) && IsRight(check.License is not null, file.GetCode())
                && file.GetEvidence(LicenseLanguage.Chinese).Length > 0
                ? check.Outcome
                : null;
        }
    }

    // Half of them with the checksum that fits, as whoever owns the machine can make one.
    private sealed class StoreFiles : HostileReader
    {
        private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now);

        public override IReadOnlyList<string> Texts { get; } =
        [
            Encoding.ASCII.GetString(new StoreDocument { ProductId = TestCodes.Product, Codes = [SignedCodes[0]], Lists = [SignedLists[0]] }.Write()),
            Encoding.ASCII.GetString(new StoreDocument
            {
                ProductId = TestCodes.Product,
                Codes = [SignedCodes[1], SignedCodes[2]],
                Lists = [SignedLists[1]],
                DeviceId = "device",
                MinimumSerial = 5,
                Clock = new ClockMarks { Signed = Now, SignedSerial = 5, Seen = Now.AddHours(1), Doubted = Now.AddYears(1), LastReading = Now.AddHours(2) },
                Fetch = FetchMarks.None.Trying(Now).Failed(Now, "unreachable", Now.AddHours(1), isOutdated: true),
                Activations = new Dictionary<string, string> { ["a"] = "act_1" },
                GivenUp = new Dictionary<string, GivenUpPlace> { ["b"] = new(Now, 3) },
                Freed = new Dictionary<string, DateTimeOffset> { ["c"] = Now },
            }.Write()),
        ];

        public override IReadOnlyList<LicenseOutcome> Reached => [LicenseOutcome.Malformed, LicenseOutcome.Valid];

        protected override object Prepare(string text) => ToBytes(text);

        protected override object? Parse(object input) => StoreDocument.Read((byte[])input, out var foreign) as object ?? foreign;

        protected override LicenseOutcome? Judge(string text, object? result)
        {
            if (StoreDocument.IsWhole(ToBytes(text)) != result is StoreDocument)
            {
                return null;
            }

            if (result is not StoreDocument document)
            {
                return Texts.Contains(text) ? null : LicenseOutcome.Malformed;
            }

            return document.Codes.Count <= 33 && document.Lists.Count <= 33 && document.Codes.All(code => IsRight(Verifier.Check(code).License is not null, code))
                ? LicenseOutcome.Valid
                : null;
        }
    }

    private sealed class Answers : HostileReader
    {
        public override IReadOnlyList<string> Texts { get; } =
        [
            $$"""{"code":"{{SignedCodes[0]}}","state":"Active","statusList":"{{SignedLists[0]}}"}""",
            $$"""{"id":"act_1","code":"{{SignedCodes[2]}}","state":"Active","statusList":null}""",
            """{"code":"no-seat-left","devices":[{"name":"Reception","activatedAt":"2026-01-01T00:00:00Z","lastSeenAt":null},{"name":"\u6d4b\u8bd5"}]}""",
        ];

        public override IReadOnlyList<LicenseOutcome> Reached => [LicenseOutcome.Malformed, LicenseOutcome.BadSignature, LicenseOutcome.Valid];

        protected override object Prepare(string text) => ToBytes(text);

        protected override object? Parse(object input)
        {
            var answer = AuthorityAnswer.Of(((byte[])input).Length % 7 == 0 ? 409 : 200, null, (byte[])input);
            return (answer, answer.Text("code"), answer.Text("statusList"), answer.Devices);
        }

        protected override LicenseOutcome? Judge(string text, object? result)
        {
            var (answer, code, list, devices) = ((AuthorityAnswer, string?, string?, IReadOnlyList<string>))result!;
            var isRead = Verifier.Read(code, out var fault) is not null;
            return IsRight(isRead, code) && IsRight(Verifier.CheckStatusList(list).IsGenuine, list) && devices.All(name => name is not null)
                && answer.Problem is not { Length: 0 or > 40 }
                ? fault?.Outcome ?? LicenseOutcome.Valid
                : null;
        }
    }
}
