using System.Diagnostics;
using System.Security.Cryptography;
using LicenseAuthority.Client.Signatures;
using LicenseAuthority.Keys;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>The floors S and V: Ed25519 and nothing else, on all cores at once.</summary>
internal static class SignatureFloor
{
    // As long as the signed part of a license code.
    private const int MessageSize = 820;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.5);

    /// <summary>CPU of a signature and of its verification in µs. CPU and not time, so that other programs do not count.</summary>
    public static (double Sign, double Verify) Measure()
    {
        using var key = Ed25519PrivateKey.Generate();
        if (!Ed25519PublicKey.TryCreate(key.PublicKey, out var publicKey))
        {
            throw new InvalidOperationException("A fresh key is not usable.");
        }

        var message = RandomNumberGenerator.GetBytes(MessageSize);
        var signature = key.Sign(message);
        return (OnAllCores(() => key.Sign(message)), OnAllCores(() => publicKey!.Verify(message, signature)));
    }

    private static double OnAllCores<T>(Func<T> work)
    {
        var done = 0L;
        var cpu = Environment.CpuUsage.TotalTime;
        var begin = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(begin) < Duration; count++)
            {
                work();
            }

            Interlocked.Add(ref done, count);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / done;
    }
}
