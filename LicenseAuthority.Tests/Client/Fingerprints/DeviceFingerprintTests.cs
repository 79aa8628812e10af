using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Client;
using LicenseAuthority.Client.Fingerprints;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Tests.Support;

namespace LicenseAuthority.Tests.Client.Fingerprints;

/// <summary>
/// What identifies a device, by what systems say. Windows and macOS, and what Linux says outside a container, are made up here: docs/client.md says what was run
/// where.
/// </summary>
internal sealed class DeviceFingerprintTests : LicenseVerifierTestBase
{
    private static readonly Dictionary<string, Func<MadeUpSystem>> Systems = new()
    {
        ["Windows"] = MadeUpSystem.Windows, ["Laptop"] = MadeUpSystem.Laptop, ["VirtualMachine"] = MadeUpSystem.VirtualMachine, ["Mac"] = MadeUpSystem.Mac,
    };

    [TestCase("Windows", 3, 2)]
    [TestCase("Laptop", 4, 3)]
    [TestCase("VirtualMachine", 4, 3)]
    [TestCase("Mac", 2, 2)]
    public void Collect_AMachine_HasTheKindsOfItsSystem(string system, int values, int match)
    {
        var fingerprint = Collect(Systems[system]());

        Assert.That((fingerprint.Values.Count, fingerprint.Match, fingerprint.IsStable), Is.EqualTo((values, match, true)));
        Assert.That(fingerprint.Values, Is.Unique.And.All.Length.EqualTo(43));
        Assert.That(fingerprint.Values, Is.EqualTo(Collect(Systems[system]()).Values));
        Assert.That(fingerprint.GetAdvice(LicenseLanguage.English), Is.Empty);
        Assert.That(fingerprint.ToString(), Does.Not.Contain(fingerprint.Values[0]).And.Contain("stable"));
    }

    // What is activated once must fit with every later version of the library.
    [Test]
    public void Collect_AValue_IsTheDocumentedHash()
    {
        Assert.That(Collect(MadeUpSystem.Mac()).Values, Is.EqualTo(new[]
        {
            Hash("platform-uuid", "A1B2C3D4-0001-5E6F-8A9B-001122334455"), Hash("serial-number", "C02XK1ZJJGH5"),
        }));
        Assert.That(Collect(MadeUpSystem.Windows()).Values, Is.EqualTo(new[]
        {
            Hash("machine-guid", "5f0c1d3e-9d6b-4b0e-8a55-0c2d1f7a9b10"), Hash("smbios-uuid", "4c4c4544-0042-3510-8048-b4c04f4e3133"), Hash("system-disk", "S5H9NS0N812345X"),
        }));
        Assert.That(Collect(MadeUpSystem.Laptop()).Values, Is.EqualTo(new[]
        {
            Hash("machine-id", "8f2d7f0b1c9a4d63b1e0a5c47d2e9f10"), Hash("root-disk", "S64DNF0R123456"),
            Hash("root-file-system", "0d5e0c2a-7a51-4a7e-9b7b-3c1f2f1d0a11"), Hash("network-card", "54:e1:ad:12:34:56"),
        }));
        Assert.That(Collect(MadeUpSystem.VirtualMachine()).Values, Is.EqualTo(new[]
        {
            Hash("machine-id", "b0a1c2d3e4f5061728394a5b6c7d8e9f"), Hash("root-disk", "vol-0f1e2d3c4b5a6978"),
            Hash("root-file-system", "3f6a1b2c-1111-4222-8333-944455566677"), Hash("network-card", "52:54:00:aa:bb:cc"),
        }));
    }

    [Test]
    public void Collect_ForTwoProducts_HasNoValueInCommon() => Assert.That(
        Collect(MadeUpSystem.Laptop()).Values.Intersect(DeviceFingerprint.Collect("another", MadeUpSystem.Laptop(), LicenseStore.InMemory()).Values), Is.Empty);

    [Test]
    public void Check_AnotherNetworkCard_IsTheSameDevice()
    {
        var repaired = MadeUpSystem.Laptop();
        MadeUpSystem.Card(repaired, "enp0s31f6", "54:e1:ad:99:99:99", assigned: 0, device: "PCI_SLOT_NAME=0000:00:1f.6\n");

        Assert.That(CheckOn(repaired, activatedOn: MadeUpSystem.Laptop()), Is.EqualTo(LicenseOutcome.Valid));
    }

    [Test]
    public void Check_AClonedVirtualMachine_IsAnotherDevice()
    {
        var clone = MadeUpSystem.VirtualMachine();
        clone.Files["/sys/block/vda/serial"] = "vol-00aa11bb22cc33dd\n";
        MadeUpSystem.Card(clone, "eth0", "52:54:00:dd:ee:ff", assigned: 0, device: "DRIVER=virtio_net\n");

        Assert.That(CheckOn(clone, activatedOn: MadeUpSystem.VirtualMachine()), Is.EqualTo(LicenseOutcome.WrongDevice));
        Assert.That(CheckOn(MadeUpSystem.VirtualMachine(), activatedOn: MadeUpSystem.VirtualMachine()), Is.EqualTo(LicenseOutcome.Valid));
    }

    // Its disk has no serial number there: of two properties both must fit.
    [Test]
    public void Check_AClonedVirtualMachineWithWindows_IsAnotherDevice()
    {
        var (original, clone) = (MadeUpSystem.Windows(), MadeUpSystem.Windows());
        (original.DiskDescriptor, clone.DiskDescriptor) = (MadeUpSystem.Descriptor(null), MadeUpSystem.Descriptor(null));
        clone.FirmwareTable = MadeUpSystem.Smbios("564d8f3a-5b1c-2e7d-9a40-6f1e2d3c4b5a");

        Assert.That(CheckOn(clone, activatedOn: original), Is.EqualTo(LicenseOutcome.WrongDevice));
    }

    [Test]
    public void Collect_NothingIsKnown_IsARandomIdThatStaysWithTheStore([Values] bool isPhone)
    {
        var store = LicenseStore.InMemory();
        var system = new MadeUpSystem(isPhone ? HostSystemKind.Other : HostSystemKind.Linux);

        var first = Collect(system, store);

        Assert.That((first.Values.Count, first.Match, first.IsStable), Is.EqualTo((1, 1, false)));
        Assert.That(Collect(system, store).Values, Is.EqualTo(first.Values));
        Assert.That(first.GetAdvice(LicenseLanguage.English), Does.Contain("lease"));
        Assert.That(first.GetAdvice(LicenseLanguage.Chinese), Does.Contain("租用"));
    }

    private static readonly TestCaseData[] Containers =
    [
        Container("docker", system => system.Files["/.dockerenv"] = ""),
        Container("podman", system => system.Files["/run/.containerenv"] = "engine=\"podman-5.2.2\"\n"),
        Container("systemd", system => system.Files["/run/systemd/container"] = "lxc\n"),
        Container("pod", system => system.Variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1"),
        Container("image of .NET", system => system.Variables["DOTNET_RUNNING_IN_CONTAINER"] = "true"),
        Container("flatpak", system => system.Variables["container"] = "flatpak"),
        Container("control group", system => system.Files["/proc/self/cgroup"] = "12:pids:/kubepods/besteffort/pod7f1/3a9c\n"),
        Container("overlay", system => system.Files["/proc/self/mountinfo"] = "1 2 0:52 / / rw - overlay overlay rw,lowerdir=x\n"),
        Container("live medium", system => system.Files["/proc/self/mountinfo"] = "1 2 0:52 / / rw - overlay airootfs rw\n"),
    ];

    [TestCaseSource(nameof(Containers))]
    public void Collect_InAContainer_IsNotTheHosts(Action<MadeUpSystem> change)
    {
        var system = MadeUpSystem.Laptop();
        change(system);

        Assert.That(Collect(system).IsStable, Is.False);
    }

    [Test]
    public void Collect_InAWindowsContainer_IsNotTheHosts()
    {
        var system = MadeUpSystem.Windows();
        system.Registry[@"SYSTEM\CurrentControlSet\Control\ContainerType"] = "1";

        Assert.That(Collect(system).IsStable, Is.False);
    }

    // Whatever this machine is: nothing throws, and what came once comes again.
    [Test]
    public void Collect_OnThisMachine_GivesTheSameTwice()
    {
        var store = LicenseStore.InMemory();

        var fingerprint = DeviceFingerprint.Collect(TestCodes.Product, store);

        Assert.That(fingerprint.Values, Has.Count.InRange(1, 8));
        Assert.That(DeviceFingerprint.Collect(TestCodes.Product, store).Values, Is.EqualTo(fingerprint.Values));
        if (File.Exists("/.dockerenv"))
        {
            Assert.That(fingerprint.IsStable, Is.False);
        }
    }

    // Functions of a system that this one is not are not there; that is no exception.
    [Test]
    public void HostSystem_AskedForAnotherSystem_SaysNothing()
    {
        Assume.That(OperatingSystem.IsLinux());
        var system = HostSystem.Instance;

        Assert.That(system.Kind, Is.EqualTo(HostSystemKind.Linux));
        Assert.That((system.ReadRegistry("x", "y"), system.ReadFirmwareTable(), system.ReadSystemDiskDescriptor(), system.ReadPlatformProperty("IOPlatformUUID")), Is.EqualTo(
            ((string?)null, (byte[]?)null, (byte[]?)null, (string?)null)));
        Assert.That(system.ReadText("/proc/self/mountinfo"), Does.Contain(" / "));
        Assert.That(system.ReadText("/nowhere"), Is.Null);
        Assert.That(system.GetNames("/nowhere"), Is.Empty);
        Assert.That(system.GetNames("/proc/self"), Does.Contain("mountinfo"));
    }

    [Test]
    public void Collect_ArgumentsAreMissing_Throws()
    {
        Assert.That(() => DeviceFingerprint.Collect(" "), Throws.ArgumentException.With.Message.Contains("product id"));
        Assert.That(() => DeviceFingerprint.Collect(null!), Throws.ArgumentException);
        Assert.That(() => DeviceFingerprint.Collect(TestCodes.Product, null!), Throws.ArgumentNullException);
    }

    private static DeviceFingerprint Collect(MadeUpSystem system, LicenseStore? store = null) =>
        DeviceFingerprint.Collect(TestCodes.Product, system, store ?? LicenseStore.InMemory());

    private LicenseOutcome CheckOn(MadeUpSystem system, MadeUpSystem activatedOn)
    {
        var activated = Collect(activatedOn);
        var code = TestCodes.Valid().BoundTo([.. activated.Values]).With("devk", activated.Match).Build();
        return Verifier.Check(code, Collect(system).Values).Outcome;
    }

    private static string Hash(string kind, string value) => StrictBase64Url.Encode(
        SHA256.HashData(Encoding.UTF8.GetBytes($"license-authority/fingerprint/v1\0{TestCodes.Product}\0{kind}\0{value}")));

    private static TestCaseData Container(string name, Action<MadeUpSystem> change) => new TestCaseData(change).SetArgDisplayNames(name);
}
