using System.Runtime.InteropServices;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>What must not outlive this program when it is interrupted: Ctrl+C and SIGTERM leave no block of code in good order. Thread-safe.</summary>
internal static class Interruption
{
    private static readonly List<IDisposable> Left = [];

    // Kept, or they end.
    private static readonly PosixSignalRegistration[] Signals = [Register(PosixSignal.SIGINT), Register(PosixSignal.SIGTERM)];

    /// <summary>Disposes it when this program is interrupted; what came last goes first.</summary>
    public static void Ends(IDisposable left)
    {
        lock (Left)
        {
            Left.Add(left);
        }

        GC.KeepAlive(Signals);
    }

    /// <summary>It has been disposed.</summary>
    public static void Forget(IDisposable left)
    {
        lock (Left)
        {
            Left.Remove(left);
        }
    }

    private static PosixSignalRegistration Register(PosixSignal signal) => PosixSignalRegistration.Create(signal, static context =>
    {
        context.Cancel = true;
        IDisposable[] left;
        lock (Left)
        {
            left = [.. Left];
        }

        foreach (var each in left.Reverse())
        {
            try
            {
                each.Dispose();
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException)
            {
                Console.Error.WriteLine(exception.Message);
            }
        }

        Environment.Exit(context.Signal == PosixSignal.SIGINT ? 130 : 143);
    });
}
