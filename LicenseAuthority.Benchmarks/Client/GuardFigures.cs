using System.Net;
using System.Text;
using System.Text.Json;
using LicenseAuthority.Benchmarks.Figures;
using LicenseAuthority.Benchmarks.Load;
using LicenseAuthority.Benchmarks.Micro;
using LicenseAuthority.Client;

namespace LicenseAuthority.Benchmarks.Client;

/// <summary>What a guard costs its program: a read, also while it fetches without a pause, and its start with a store.</summary>
internal static class GuardFigures
{
    private const int Reads = 100;

    // Of a list: as of an authority that has revoked some.
    private const double Revoked = 0.01;

    public static async Task MeasureAsync(ClientFigures figures, SampleCodes samples, string code)
    {
        var license = samples.NewVerifier(cacheCodes: true).Check(code).License!;
        var list = samples.SignStatusList(license.StatusListUri!, SampleCodes.StatesOfList(license.StatusListIndex!.Value, Revoked));
        using var folder = new WorkFolder(Path.GetTempPath());
        using var authority = new AnsweringHandler(JsonSerializer.Serialize(new { code, state = "Active", statusList = list }));
        using var http = new HttpClient(authority);
        LicenseGuardOptions Options() => new(SampleCodes.Product, samples.RootLines)
        {
            StoreDirectory = folder.PathOf("store"),
            HttpClient = http,
            Online = false,
        };

        using (var guard = LicenseGuard.Open(Options()))
        {
            var verifier = samples.NewVerifier(cacheCodes: true);
            Action read = () => Expect(guard.Current.IsValid);
            Action check = () => Expect(verifier.Check(code).IsValid);
            Expect(guard.Install(code).IsValid && (await guard.RefreshAsync()).Succeeded && guard.Current.StatusUnknownSince is null);
            MeasureReads(figures, "guard.Current, with a list", read, check);

            using var ending = new CancellationTokenSource();
            var fetching = Task.Run(async () =>
            {
                while (!ending.IsCancellationRequested)
                {
                    await guard.RefreshAsync(CancellationToken.None);
                }
            });
            var before = authority.Answered;
            MeasureReads(figures, "guard.Current, while it fetches without a pause", read, check);
            Expect(authority.Answered > before);
            await ending.CancelAsync();
            await fetching;
        }

        LicenseGuard? opened = null;
        var opening = figures.InTurn.Measure(
            () => opened = LicenseGuard.Open(Options()),
            () => Expect(samples.NewVerifier(cacheCodes: true).Check(code).IsValid), inARow: 1, usualRounds: 200, afterwards: () =>
            {
                Expect(opened!.Current.IsValid);
                opened.Dispose();
            });
        figures.AddTime("LicenseGuard.Open with a store", opening.Microseconds, Goal.BeyondFloorAtMost(5000), "the very first Check", opening.Floor);
    }

    private static void MeasureReads(ClientFigures figures, string figure, Action read, Action floor)
    {
        var reading = figures.InTurn.Measure(read, floor, Reads);
        figures.AddTime(figure, reading.Microseconds, Goal.AtMost(2), "Check, again", reading.Floor);
        figures.AddBytes(figure + ": memory allocated", InTurn.BytesOf(read, 100_000), 0);
    }

    private static void Expect(bool isGood)
    {
        if (!isGood)
        {
            throw new InvalidOperationException("The sample license is not valid.");
        }
    }

    private sealed class AnsweringHandler(string answer) : HttpMessageHandler
    {
        private int _answered;

        public int Answered => Volatile.Read(ref _answered);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _answered);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new StringContent(answer, Encoding.UTF8, "application/json") });
        }
    }
}
