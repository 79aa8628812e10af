using System.Runtime.InteropServices;
using System.Text;

namespace LicenseAuthority.Client.Fingerprints;

/// <summary>The functions of macOS that the program <c>ioreg</c> calls: a sandboxed program may not start that one.</summary>
internal static class MacCalls
{
    private const string IOKit = "/System/Library/Frameworks/IOKit.framework/IOKit";
    private const string CoreFoundation = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation";
    private const uint Utf8 = 0x08000100;

    /// <summary>A text of IOPlatformExpertDevice; null: there is none.</summary>
    public static string? ReadPlatformProperty(string name)
    {
        // The dictionary of the matching is given away with the call.
        var device = IOServiceGetMatchingService(0, IOServiceMatching(Zeroed("IOPlatformExpertDevice")));
        if (device == 0)
        {
            return null;
        }

        var key = CFStringCreateWithCString(IntPtr.Zero, Zeroed(name), Utf8);
        var value = key == IntPtr.Zero ? IntPtr.Zero : IORegistryEntryCreateCFProperty(device, key, IntPtr.Zero, 0);
        try
        {
            // Each function takes texts only: of another type it would read what is no text.
            var text = new byte[256];
            return value != IntPtr.Zero && CFGetTypeID(value) == CFStringGetTypeID() && CFStringGetCString(value, text, (IntPtr)text.Length, Utf8) != 0
                ? Encoding.UTF8.GetString(text, 0, Array.IndexOf(text, (byte)0))
                : null;
        }
        finally
        {
            Release(value);
            Release(key);
            _ = IOObjectRelease(device);
        }
    }

    private static byte[] Zeroed(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static void Release(IntPtr reference)
    {
        if (reference != IntPtr.Zero)
        {
            CFRelease(reference);
        }
    }

    [DllImport(IOKit)]
    private static extern IntPtr IOServiceMatching(byte[] name);

    [DllImport(IOKit)]
    private static extern uint IOServiceGetMatchingService(uint port, IntPtr matching);

    [DllImport(IOKit)]
    private static extern IntPtr IORegistryEntryCreateCFProperty(uint entry, IntPtr key, IntPtr allocator, uint options);

    [DllImport(IOKit)]
    private static extern int IOObjectRelease(uint entry);

    [DllImport(CoreFoundation)]
    private static extern IntPtr CFStringCreateWithCString(IntPtr allocator, byte[] text, uint encoding);

    [DllImport(CoreFoundation)]
    private static extern byte CFStringGetCString(IntPtr text, byte[] buffer, IntPtr size, uint encoding);

    [DllImport(CoreFoundation)]
    private static extern UIntPtr CFGetTypeID(IntPtr reference);

    [DllImport(CoreFoundation)]
    private static extern UIntPtr CFStringGetTypeID();

    [DllImport(CoreFoundation)]
    private static extern void CFRelease(IntPtr reference);
}
