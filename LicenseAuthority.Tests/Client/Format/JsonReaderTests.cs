using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Tests.Client.Format;

public sealed class JsonReaderTests
{
    [TestCase("9223372036854775807", long.MaxValue)]
    [TestCase("-9223372036854775808", long.MinValue)]
    [TestCase("0", 0)]
    [TestCase("-1", -1)]
    [TestCase(" \t\r\n10 ", 10)]
    public void Read_Integer_ReturnsIt(string json, long expected)
    {
        var value = Read(json, out var fault);

        Assert.That(fault, Is.Null);
        Assert.That(value?.Kind, Is.EqualTo(JsonKind.Integer));
        Assert.That(value?.Integer, Is.EqualTo(expected));
    }

    [TestCase("9223372036854775808")]
    [TestCase("-9223372036854775809")]
    [TestCase("92233720368547758070")]
    [TestCase("123456789012345678901234567890")]
    [TestCase("1.0")]
    [TestCase("1.5")]
    [TestCase("1e3")]
    [TestCase("1E3")]
    [TestCase("01")]
    [TestCase("00")]
    [TestCase("-0")]
    [TestCase("-01")]
    [TestCase("-")]
    [TestCase("-a")]
    public void Read_OtherNumber_IsRefused(string json) => AssertRefused(json, CodeFaultReason.InvalidNumber);

    [TestCase("\"\"", "")]
    [TestCase("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "a\"\\/\b\f\n\r\t")]
    [TestCase("\"\\u0041\\u00e9\\u0000\"", "A\u00e9\0")]
    [TestCase("\"\\uD83D\\uDE00\"", "\U0001F600")]
    [TestCase("\"\u8bb8\u53ef \U0001F600 \u00e9\"", "\u8bb8\u53ef \U0001F600 \u00e9")]
    public void Read_Text_ReturnsItUnescaped(string json, string expected) => Assert.That(Read(json, out _)?.Text, Is.EqualTo(expected));

    [TestCase("\"\\ud800\"")]
    [TestCase("\"\\ud800x\"")]
    [TestCase("\"\\udc00\"")]
    [TestCase("\"\\udc00\\ud800\"")]
    [TestCase("\"\\ud800\\ud800\"")]
    [TestCase("\"\\ud800\\n\"")]
    [TestCase("\"\\ud800\\u0041\"")]
    public void Read_LoneSurrogate_IsRefused(string json) => AssertRefused(json, CodeFaultReason.InvalidUnicode);

    [TestCase("22 80 22", Description = "continuation without a lead")]
    [TestCase("22 C3 22", Description = "cut off")]
    [TestCase("22 C0 80 22", Description = "overlong U+0000")]
    [TestCase("22 C1 BF 22", Description = "overlong")]
    [TestCase("22 E0 80 80 22", Description = "overlong")]
    [TestCase("22 F0 80 80 80 22", Description = "overlong")]
    [TestCase("22 ED A0 80 22", Description = "high surrogate")]
    [TestCase("22 ED BF BF 22", Description = "low surrogate")]
    [TestCase("22 F4 90 80 80 22", Description = "above U+10FFFF")]
    [TestCase("22 F5 80 80 80 22", Description = "above U+10FFFF")]
    [TestCase("22 FF 22", Description = "never in UTF-8")]
    [TestCase("22 E4 BD", Description = "cut off at the end")]
    public void Read_InvalidUtf8_IsRefused(string hex)
    {
        var value = JsonReader.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), CodePart.Payload, out var fault);

        Assert.That(value, Is.Null);
        Assert.That(fault?.Reason, Is.EqualTo(CodeFaultReason.InvalidUnicode));
    }

    // The members of all open objects lie behind each other while they are read.
    [Test]
    public void Read_ObjectsInObjectsWithTheSameNames_KeepTheirOwnMembers()
    {
        string Members(int level) => string.Join(',', Enumerable.Range(0, 20).Select(i => $"\"n{i}\":{(i == 10 && level < 3 ? $"{{{Members(level + 1)}}}" : $"{(level * 100) + i}")}"));
        var value = JsonReader.Read(Encoding.UTF8.GetBytes($"{{{Members(0)}}}"), CodePart.Payload, out _);

        for (var level = 0; level <= 3; level++)
        {
            Assert.That(value!.Value.Members.Select(member => member.Name), Is.EqualTo(Enumerable.Range(0, 20).Select(i => $"n{i}")));
            foreach (var member in value.Value.Members.Where(member => member.Value.Kind == JsonKind.Integer))
            {
                Assert.That($"n{member.Value.Integer - (level * 100)}", Is.EqualTo(member.Name));
            }

            value = value.Value.Find("n10");
        }
    }

    [TestCase("{\"a\":{\"a\":1},\"a\":2}", 13)]
    [TestCase("{\"a\":1,\"a\":2}", 7)]
    [TestCase("{\"a\":1,\"\\u0061\":2}", 7)]
    [TestCase("{\"x\":[{\"b\":{},\"b\":{}}]}", 14)]
    [TestCase("{\"\":1,\"\":1}", 6)]
    public void Read_NameTwice_IsRefusedWithItsPosition(string json, int position)
    {
        AssertRefused(json, CodeFaultReason.RepeatedMember);
        Read(json, out var fault);
        Assert.That(fault?.Position, Is.EqualTo(position));
    }

    [Test]
    public void Read_NameTwiceAmongHundreds_IsRefused()
    {
        var members = string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"m{i}\":{i}"));

        Assert.That(Read("{" + members + "}", out _)?.Members, Has.Count.EqualTo(300));
        foreach (var repeated in (int[])[0, 15, 16, 17, 299])
        {
            AssertRefused("{" + members + $",\"m{repeated}\":0}}", CodeFaultReason.RepeatedMember);
        }
    }

    [Test]
    public void Read_SameNameInDifferentObjects_IsAccepted() =>
        Assert.That(Read("{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]}}", out _), Is.Not.Null);

    [TestCase(8, true)]
    [TestCase(9, false)]
    [TestCase(2000, false)]
    public void Read_NestedArraysOrObjects_AreRefusedBelowEightLevels(int depth, bool accepted)
    {
        string[] texts =
        [
            new string('[', depth) + new string(']', depth),
            string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1),
        ];
        foreach (var json in texts)
        {
            if (accepted)
            {
                Assert.That(Read(json, out _), Is.Not.Null);
            }
            else
            {
                AssertRefused(json, CodeFaultReason.TooDeep);
            }
        }
    }

    [TestCase(JsonReader.MaximumValues, true)]
    [TestCase(JsonReader.MaximumValues + 1, false)]
    public void Read_MoreValuesThanACodeHasRoomFor_AreRefused(int values, bool accepted)
    {
        string[] texts =
        [
            $"[{string.Join(',', Enumerable.Repeat("0", values - 1))}]",
            $"{{{string.Join(',', Enumerable.Range(0, values - 1).Select(i => $"\"{i}\":{{}}"))}}}",
        ];
        foreach (var json in texts)
        {
            if (accepted)
            {
                Assert.That(Read(json, out _), Is.Not.Null);
            }
            else
            {
                AssertRefused(json, CodeFaultReason.TooManyValues);
            }
        }
    }

    [TestCase("{} {}")]
    [TestCase("1 2")]
    [TestCase("{}\0")]
    [TestCase("{},")]
    [TestCase("nullnull")]
    public void Read_SomethingBehindTheValue_IsRefused(string json) => AssertRefused(json, CodeFaultReason.TrailingBytes);

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("{")]
    [TestCase("{]")]
    [TestCase("{\"a\"}")]
    [TestCase("{\"a\":}")]
    [TestCase("{\"a\":1,}")]
    [TestCase("{,\"a\":1}")]
    [TestCase("{\"a\":1 \"b\":2}")]
    [TestCase("{a:1}")]
    [TestCase("{'a':1}")]
    [TestCase("{1:1}")]
    [TestCase("[1,]")]
    [TestCase("[,1]")]
    [TestCase("[1 2]")]
    [TestCase("[")]
    [TestCase("True")]
    [TestCase("tru")]
    [TestCase("NaN")]
    [TestCase("+1")]
    [TestCase(".5")]
    [TestCase("\"a")]
    [TestCase("\"a\nb\"")]
    [TestCase("\"\u001f\"")]
    [TestCase("\"\\x41\"")]
    [TestCase("\"\\")]
    [TestCase("\"\\u00\"")]
    [TestCase("\"\\u00g0\"")]
    [TestCase("\"\\u+041\"")]
    [TestCase("/**/1")]
    [TestCase("\ufeff{}", Description = "byte order mark")]
    [TestCase("\u00a0{}", Description = "white space that JSON does not know")]
    public void Read_NotJson_IsRefused(string json) => AssertRefused(json, CodeFaultReason.InvalidJson);

    [Test]
    public void Read_EveryPrefixOfAValue_IsRefused()
    {
        const string Json = "{\"a\":[1,-20,true,null,\"\\u00e9\\uD83D\\uDE00x\"],\"\u8bb8\":{\"b\":false}}";
        var bytes = Encoding.UTF8.GetBytes(Json);

        Assert.That(Read(Json, out _), Is.Not.Null);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.That(JsonReader.Read(bytes, length, CodePart.Payload, out _), Is.Null, $"length {length}");
        }
    }

    private static JsonValue? Read(string json, out CodeFault? fault) =>
        JsonReader.Read(Encoding.UTF8.GetBytes(json), CodePart.Payload, out fault);

    private static void AssertRefused(string json, CodeFaultReason reason)
    {
        var value = Read(json, out var fault);
        Assert.That(value, Is.Null);
        Assert.That(fault?.Reason, Is.EqualTo(reason));
    }
}
