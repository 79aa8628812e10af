using LicenseAuthority.Commands;
using Microsoft.Extensions.Configuration;

namespace LicenseAuthority.Tests.Commands;

internal sealed class SettingArgumentsTests
{
    [TestCase("--a:b", "c", "--d=e=f", "/g", "h", "/i=j", "--k=", "--l=--m", "--n", "-08:00:00")]
    public void Read_EverySpelling_GivesWhatTheHostWouldRead(params string[] arguments)
    {
        var read = SettingArguments.Read(arguments);
        var host = new ConfigurationBuilder().AddCommandLine(arguments).Build();

        Assert.That(read.ToDictionary(setting => setting.Name, setting => setting.Value), Is.EqualTo(
            host.AsEnumerable().Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!)));
    }

    // The host passes over these in silence, or ends in an exception of its own.
    [TestCase("An argument", "hunter2")]
    [TestCase("An argument", "-k=hunter2")]
    [TestCase("An argument", "Keys:Passphrase=hunter2")]
    [TestCase("An argument", "/etc/hunter2")]
    [TestCase("after the value of --a", "--a", "b", "hunter2")]
    [TestCase("An argument", "--", "hunter2")]
    [TestCase("--Expiry:Enabled", "--Expiry:Enabled")]
    [TestCase("--urls", "--urls", "--PublicUrl=http://hunter2")]
    public void Read_WhatIsNoSetting_IsRefusedWithoutItsText(string named, params string[] arguments)
    {
        var refusal = Assert.Throws<ConfigurationException>(() => SettingArguments.Read(arguments));

        Assert.That(refusal!.Message, Does.Contain(named).And.Not.Contain("hunter2"));
    }

    [Test]
    public void ToString_ShowsNoValue() => Assert.That(new SettingArgument("Keys:Passphrase", "hunter2").ToString(), Does.Not.Contain("hunter2"));
}
