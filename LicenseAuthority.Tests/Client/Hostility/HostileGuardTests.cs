using System.Net;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Keeping;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Hostility;

/// <summary>A whole guard on stores and answers that were changed at random: no exception, and nobody is licensed by what nobody signed.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HostileGuardTests : IDisposable
{
    private static readonly string[] Codes =
    [
        TestCodes.Valid().Build(),
        TestCodes.Valid().With("gen", 2).With("iat", TestCodes.IssuedAt + 1).Build(),
        TestCodes.Valid().With("gen", 3).With("iat", TestCodes.IssuedAt + 2).BoundTo("board").Build(),
    ];

    private readonly GuardFolder _folder = new();

    // A guard costs more than a reader: some of the mutations of HostilityTests.
    private static int Mutations => TestDatabases.IsCi ? 2_000 : 400;

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Open_OnManyDamagedStores_NeverThrowsAndGoesOn()
    {
        string[] stores =
        [
            Encoding.ASCII.GetString(new StoreDocument { ProductId = TestCodes.Product, Codes = [Codes[0]], Lists = [TestStatusLists.With(0).Build()] }.Write()),
            Encoding.ASCII.GetString(new StoreDocument { ProductId = TestCodes.Product, Codes = [Codes[2], Codes[1]], MinimumSerial = 5 }.Write()),
        ];
        var random = new Random(1);
        var licensed = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var text = Mutation.Of(random, stores);
            var store = new HostStore { Bytes = Encoding.Latin1.GetBytes(random.Next(2) == 0 ? HostilityTests.WithItsSum(text) : text) };
            using (var guard = _folder.Open(options => (options.Store, options.DeviceFingerprints) = (store, ["board"])))
            {
                AssertGenuine(guard, i, text);
                licensed += guard.Current.License is null ? 0 : 1;

                // Also where the store says that its key is revoked: that is the word of whoever owns the machine.
                guard.Install(Codes[1]);
                AssertGenuine(guard, i, text);
                Assert.That(guard.GetSupportReport(), Is.Not.Empty);
            }

        }

        Assert.That(licensed, Is.InRange(Mutations / 20, Mutations - (Mutations / 20)), "or it proves nothing");
    }

    [Test]
    public async Task Refresh_WithManyDamagedAnswers_NeverThrowsAndNeverTakesAnothersWord()
    {
        string[] answers = [.. Codes.Select(code => JsonSerializer.Serialize(new { id = "act_1", code, state = "Active", statusList = TestStatusLists.With(0).Build() }))];
        using var server = new DamagingServer(new Random(2), answers);
        using var client = new HttpClient(server);
        using var guard = _folder.Open(options => (options.Store, options.HttpClient, options.DeviceFingerprints) = (LicenseStore.InMemory(), client, ["board"]));
        guard.Install(Codes[0]);
        for (var i = 0; i < Mutations; i++)
        {
            var result = i % 3 == 0 ? await guard.ActivateAsync() : await guard.RefreshAsync();
            AssertGenuine(guard, i, server.Last);
            Assert.That(guard.Current.License, Is.Not.Null, server.Last);
            Assert.That(result.GetText(LicenseLanguage.Chinese), Is.Not.Empty);
        }

        Assert.That(server.Answered, Is.GreaterThan(Mutations / 2));
        Assert.That(guard.Current.License!.Generation, Is.GreaterThan(1), "a good answer was among them, or it proves nothing");
    }

    private static void AssertGenuine(LicenseGuard guard, int mutation, string text)
    {
        if (guard.Current.License is { } license && !Codes.Contains(license.GetText()))
        {
            Assert.Fail($"Mutation {mutation}: {text}");
        }
    }

    private sealed class DamagingServer(Random random, string[] answers) : HttpMessageHandler
    {
        private static readonly HttpStatusCode[] Statuses =
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Conflict, HttpStatusCode.Gone, HttpStatusCode.BadGateway];

        public string Last { get; private set; } = "";

        public int Answered { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Answered++;
            Last = Mutation.Of(random, answers);
            return Task.FromResult(new HttpResponseMessage(Statuses[random.Next(Statuses.Length)])
            {
                RequestMessage = request,
                Content = new ByteArrayContent(Encoding.Latin1.GetBytes(Last)),
            });
        }
    }
}
