using System.Text.Json;
using System.Text.Json.Nodes;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Differential;

/// <summary>
/// Our codes and lists are JWTs to others, and theirs are codes and lists to us: the npm packages jose and @sd-jwt/jwt-status-list, which <c>.ci/run</c> installs.
/// </summary>
internal sealed class DifferentialTests
{
    private static readonly int[] Indexes = [0, 1, 2, 3, TestStatusLists.Index - 1, TestStatusLists.Index, (1 << 20) - 1];

    private string _changed = "";
    private JsonObject _answer = null!;

    [OneTimeSetUp]
    public async Task RunAsync()
    {
        NodePrograms.Demand("jose", "@sd-jwt/jwt-status-list");
        var code = TestCodes.Valid().Build();
        _changed = $"{code.Split('.')[0]}.{TestCodes.Valid().With("qty", 6).Build().Split('.')[1]}.{code.Split('.')[2]}";
        var question = new JsonObject
        {
            ["now"] = TestCodes.Now,
            ["expires"] = TestCodes.ExpiresAt,
            ["product"] = TestCodes.Product,
            ["issuer"] = "https://license.example.com",
            ["uri"] = TestStatusLists.Uri,
            ["code"] = code,
            ["changed"] = _changed,
            ["list"] = OurList().Build(),
            ["indexes"] = JsonSerializer.SerializeToNode(Indexes),
            ["key"] = new JsonObject
            {
                ["kty"] = "OKP",
                ["crv"] = "Ed25519",
                ["x"] = StrictBase64Url.Encode(TestCodes.PublicKey(TestCodes.IssuingSeed)),
                ["d"] = StrictBase64Url.Encode([.. Enumerable.Repeat(TestCodes.IssuingSeed, 32)]),
            },
            ["kid"] = TestCodes.KeyId(),
            ["cert"] = StrictBase64Url.Encode(TestCodes.Valid().Certificate()),
            ["codeClaims"] = Payload(code),
            ["listClaims"] = new JsonObject
            {
                ["iss"] = "https://license.example.com", ["sub"] = TestStatusLists.Uri, ["iat"] = TestStatusLists.IssuedAt, ["exp"] = TestStatusLists.ExpiresAt,
                ["ttl"] = 43200, ["seq"] = 8,
            },
            ["entries"] = new JsonArray(new JsonArray(0, 2), new JsonArray(TestStatusLists.Index, 1), new JsonArray((1 << 20) - 1, 3)),
        };

        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, question.ToJsonString());
            var script = await File.ReadAllTextAsync(Repository.PathTo("LicenseAuthority.Tests", "Client", "Differential", "differential.mjs"));

            // By its text, as packages are looked for from the folder in which a program is.
            var (exitCode, output, errors) = await NodePrograms.RunAsync(["--input-type=module", "--eval", script, "--", file]);

            Assert.That(exitCode, Is.Zero, errors);
            _answer = (JsonObject)JsonNode.Parse(output)!;
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void Jose_ReadsOurCode()
    {
        Assert.That(JsonNode.DeepEquals(_answer["code"]!["payload"], Payload(TestCodes.Valid().Build())), Is.True, $"{_answer["code"]}");
        Assert.That((string?)_answer["code"]!["thumbprint"], Does.StartWith((string)_answer["code"]!["header"]!["kid"]!), "RFC 7638");
    }

    [Test]
    public void Jose_RefusesWhatWeRefuse() =>
        Assert.That(_answer["refused"]!.AsObject().Select(refused => (refused.Key, (bool)refused.Value!)), Is.EquivalentTo((IEnumerable<(string, bool)>)
            [("changed", true), ("otherProduct", true), ("expired", true)]));

    [Test]
    public void JoseAndStatusListLibrary_ReadOurList()
    {
        Assert.That((string?)_answer["list"]!["payload"]!["sub"], Is.EqualTo(TestStatusLists.Uri));
        Assert.That(_answer["statuses"]!.AsArray().Select(status => (int)status!), Is.EqualTo((int[])[3, 0, 1, 2, 1, 2, 1]));
    }

    [Test]
    public void StatusListLibrary_FindsThePlaceOfOurCode() =>
        Assert.That(((int)_answer["place"]!["idx"]!, (string?)_answer["place"]!["uri"]), Is.EqualTo((TestStatusLists.Index, TestStatusLists.Uri)));

    [TestCase("signedCode")]
    [TestCase("signedCodeByTheNewName")]
    public void Check_ACodeThatJoseSigned_IsValid(string name) => Assert.That(Verifier().Check((string?)_answer[name]).Outcome, Is.EqualTo(LicenseOutcome.Valid));

    [Test]
    public void CheckStatusList_AListThatTheyMadeAndSigned_IsRead()
    {
        var verifier = Verifier();
        var check = verifier.CheckStatusList((string?)_answer["signedList"]);

        Assert.That(check.IsGenuine, Is.True, check.GetEvidence(LicenseLanguage.English));
        Assert.That(
            ((int[])[0, 1, TestStatusLists.Index, (1 << 20) - 1]).Select(check.List!.GetStatus),
            Is.EqualTo((LicenseStatus?[])[LicenseStatus.Suspended, LicenseStatus.Valid, LicenseStatus.Invalid, LicenseStatus.Suspended]));
        Assert.That(verifier.Check((string?)_answer["signedCode"], check.List, null).Outcome, Is.EqualTo(LicenseOutcome.Revoked));
    }

    private static TestCodes OurList() => TestStatusLists.WithEntryAt(
        (0, 3), (2, 1), (3, 2), (TestStatusLists.Index - 1, 1), (TestStatusLists.Index, 2), ((1 << 20) - 1, 1));

    private static JsonNode Payload(string code) =>
        StrictBase64Url.TryDecode(code.Split('.')[1], out var payload) ? JsonNode.Parse(payload)! : throw new FormatException();

    private static LicenseVerifier Verifier() => new(
        TestCodes.RootLine(), TestCodes.Product, new LicenseVerifierOptions { TimeProvider = new StoppedClock(DateTimeOffset.FromUnixTimeSeconds(TestCodes.Now)) });
}
