using System.Net;
using System.Text;
using System.Text.Json;
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

    public static async Task MeasureAsync(GoalTable goals, SampleCodes samples, string code)
    {
        var license = samples.NewVerifier(cacheCodes: true).Check(code).License!;
        var list = samples.SignStatusList(license.StatusListUri!, license.StatusListIndex!.Value, Revoked);
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
            MeasureReads(goals, "guard.Current, with a list", read, check);

            using var ending = new CancellationTokenSource();
            var fetching = Task.Run(async () =>
            {
                while (!ending.IsCancellationRequested)
                {
                    await guard.RefreshAsync(CancellationToken.None);
                }
            });
            var before = authority.Answered;
            MeasureReads(goals, "guard.Current, while it fetches without a pause", read, check);
            Expect(authority.Answered > before);
            await ending.CancelAsync();
            await fetching;
        }

        LicenseGuard? opened = null;
        var (time, floor, _) = InTurn.Measure(
            () => opened = LicenseGuard.Open(Options()),
            () => Expect(samples.NewVerifier(cacheCodes: true).Check(code).IsValid), inARow: 1, rounds: 200, afterwards: () =>
            {
                Expect(opened!.Current.IsValid);
                opened.Dispose();
            });
        goals.AddTime("LicenseGuard.Open with a store; the very first check", time, floor, time - floor <= 5000, "at most 5 ms beyond");
    }

    private static void MeasureReads(GoalTable goals, string figure, Action read, Action floor)
    {
        var (time, floorTime, _) = InTurn.Measure(read, floor, Reads);
        goals.AddTime(figure + "; Check again", time, floorTime, time <= 2, "at most 2 µs");
        var bytes = InTurn.BytesOf(read, 100_000);
        goals.AddBytes(figure + ": memory allocated", bytes, bytes == 0, "0 B");
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
