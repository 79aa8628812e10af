using System.Text.Json;
using LicenseAuthority.Tests.Support;
using Microsoft.Extensions.Logging;

namespace LicenseAuthority.Tests.Marketplaces.Watch;

/// <summary>Who is told when orders of one product fail, and how often.</summary>
[OnEveryDatabase]
internal sealed class CallFailedWebhookTests : WebhookTests
{
    [Test]
    public async Task Alarm_ArrivesAsTheDocumentsSay()
    {
        var id = await SubscribedIdAsync("marketplace.call_failed");
        await FailAsync("CS1");

        await SendAsync();

        Assert.That(Receiver.Received.Single().Text, Is.EqualTo(
            """
            {"type":"marketplace.call_failed","timestamp":"2026-06-01T00:00:00Z","data":{"licenseId":null,"account":"default","productId":"OFFI000000000000000001","month":"2026-06","failing":1,"failed":0,"limit":5,"orderId":"CS1","activity":"getLicense","resultCode":"000002","resultMsg":"the parameter amount must be a whole number from 1 to 9999999"}}
            """));
        Assert.That((await DeliveryAsync(id)).GetProperty("licenseId").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task Alarms_ComeAtOneThreeAndFive_TheLastOneIsAnAlarm()
    {
        await SubscribedIdAsync("marketplace.call_failed");
        for (var order = 1; order <= 7; order++)
        {
            await FailAsync($"CS{order}");
            await FailAsync($"CS{order}");
        }

        await SendAsync();

        Assert.That(Told(), Is.EqualTo(["1+0 CS1", "3+0 CS3", "5+0 CS5"]));
        Assert.That(
            App.Logs.Lines.Where(static line => line.Message.Contains("orders have failed in 2026-06", StringComparison.Ordinal)).Select(static line =>
                $"{line.Level} {(line.Message.StartsWith("ALARM: ", StringComparison.Ordinal) ? "ALARM" : "")}"),
            Is.EqualTo([$"{LogLevel.Warning} ", $"{LogLevel.Warning} ", $"{LogLevel.Error} ALARM"]));
    }

    // Each order that was served and one more that failed told of the same number once more.
    [Test]
    public async Task Alarms_CountComesBackAndUpAgain_EachNumberIsToldOnce()
    {
        await SubscribedIdAsync("marketplace.call_failed");
        foreach (var step in new[] { "CS1", "CS2", "CS3", "-CS3", "CS4", "-CS1", "-CS2", "-CS4", "CS5", "CS6", "CS7", "CS8", "CS9", "-CS9", "CS99" })
        {
            if (step.StartsWith('-'))
            {
                await App.Marketplace.SendAsync(GetLicenseCall.For(step[1..]));
            }
            else
            {
                await FailAsync(step);
            }

            await App.WriteWatchAsync();
        }

        await SendAsync();

        Assert.That(Told(), Is.EqualTo(["1+0 CS1", "3+0 CS3", "5+0 CS9"]));
    }

    [Test]
    public async Task Alarms_CountWhatHasFailed_ByProduct()
    {
        await SubscribedIdAsync("marketplace.call_failed");
        await FailAsync("CS1");
        await FailAsync("CS2");
        App.Time.Advance(TimeSpan.FromHours(4));
        await FailAsync("CS3");
        await FailAsync("CS4", "OFFI2");

        await SendAsync();

        Assert.That(Told(), Is.EqualTo(["1+0 CS1", "1+2 CS3", "1+0 CS4"]));
    }

    private async Task FailAsync(string order, string product = "OFFI000000000000000001")
    {
        await App.Marketplace.SendAsync(GetLicenseCall.For(order).With("productId", product).With("amount", "0"));
        await App.WriteWatchAsync();
    }

    private List<string> Told() =>
    [
        .. Receiver.Received.Select(static received => JsonElement.Parse(received.Text).GetProperty("data"))
            .OrderBy(static data => data.GetProperty("orderId").GetString(), StringComparer.Ordinal)
            .Select(static data => $"{data.GetProperty("failing")}+{data.GetProperty("failed")} {data.GetProperty("orderId").GetString()}"),
    ];
}
