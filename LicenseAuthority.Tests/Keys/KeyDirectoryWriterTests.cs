using LicenseAuthority.Keys;

namespace LicenseAuthority.Tests.Keys;

internal sealed class KeyDirectoryWriterTests
{
    private KeyFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new KeyFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Write_NewFile_IsThereWholeAndNothingElse()
    {
        _folder.Write("issuing-1.pem", "text\n");

        Assert.That(_folder.Directory.ReadText("issuing-1.pem"), Is.EqualTo("text\n"));
        Assert.That(_folder.Files(), Is.EqualTo(["issuing-1.pem"]));
    }

    [Test]
    public void Write_ExistingFile_RefusesAndLeavesItAsItIs()
    {
        _folder.Write("issuing-1.pem", "first");

        Assert.That(() => _folder.Write("issuing-1.pem", "second"), Throws.TypeOf<KeyException>().With.Message.Contains("never overwritten"));
        Assert.That(_folder.Directory.ReadText("issuing-1.pem"), Is.EqualTo("first"));
        Assert.That(_folder.Files(), Is.EqualTo(["issuing-1.pem"]), "no temporary file stays");
    }

    [Test]
    public void Write_AfterAProcessWasKilledInTheMiddle_CleansUpAndWrites()
    {
        _folder.Write("issuing-1.cert", "");
        File.WriteAllText(_folder.Directory.PathOf(".issuing-1.pem.tmp"), "half of it");

        _folder.Write("issuing-1.pem", "whole");

        Assert.That(_folder.Directory.ReadText("issuing-1.pem"), Is.EqualTo("whole"));
        Assert.That(_folder.Files(), Is.EqualTo(["issuing-1.cert", "issuing-1.pem"]));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Unix file modes")]
    public void Write_Modes_AreClosedToOthers()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        // As a checkout leaves it.
        Directory.CreateDirectory(
            _folder.Directory.FullPath,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        _folder.Write("issuing-1.pem", "text");
        _folder.Write(Path.Combine("root", "root-x.pem"), "text");

        const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(File.GetUnixFileMode(_folder.Directory.FullPath), Is.EqualTo(Closed | UnixFileMode.UserExecute));
            Assert.That(File.GetUnixFileMode(_folder.Directory.PathOf("root")), Is.EqualTo(Closed | UnixFileMode.UserExecute));
            Assert.That(File.GetUnixFileMode(_folder.Directory.PathOf("issuing-1.pem")), Is.EqualTo(Closed));
            Assert.That(File.GetUnixFileMode(_folder.Directory.PathOf(Path.Combine("root", "root-x.pem"))), Is.EqualTo(Closed));
            Assert.That(File.GetUnixFileMode(_folder.Directory.PathOf(".lock")), Is.EqualTo(Closed));
            Assert.That(_folder.Directory.FindOpenPaths(), Is.Empty);
        }
    }

    [Test]
    public void Open_WhileAnotherWrites_RefusesAndNamesTheLock()
    {
        using (KeyDirectoryWriter.Open(_folder.Directory))
        {
            Assert.That(
                () => KeyDirectoryWriter.Open(_folder.Directory).Dispose(),
                Throws.TypeOf<KeyException>().With.Message.Contains(".lock").And.Message.Contains("wait"));
        }

        Assert.That(() => KeyDirectoryWriter.Open(_folder.Directory).Dispose(), Throws.Nothing, "the lock goes with its holder, the file may stay");
    }

    [Test]
    public void Open_PathIsAFile_RefusesAndNamesTheSetting()
    {
        File.WriteAllText(_folder.Directory.FullPath, "");

        Assert.That(
            () => KeyDirectoryWriter.Open(_folder.Directory).Dispose(),
            Throws.TypeOf<KeyException>().With.Message.Contains(_folder.Directory.FullPath).And.Message.Contains("Keys:Directory"));
    }
}
