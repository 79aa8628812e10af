using System.IO.Pipelines;
using LicenseAuthority.Doors;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace LicenseAuthority.Tests.Doors;

/// <summary>When a request came: a header that takes its time is a part of how long the caller waits.</summary>
public sealed class FirstByteTests
{
    // The marketplace counts from the first byte that it sends, and gives up after 5 s.
    [TestCase("GET /", 6, TestName = "Header_ComesSlowly_IsCountedFromItsFirstByte")]
    [TestCase("\u0016\u0003\u0001", 0, TestName = "Header_BehindTls_IsCountedFromItsEnd")]
    public async Task FirstRequest(string firstBytes, int expectedSeconds)
    {
        var time = new FakeTimeProvider();
        var elapsed = TimeSpan.MinValue;
        var next = TimeSpan.MinValue;
        await ConnectAsync(firstBytes, time, connection =>
        {
            time.Advance(TimeSpan.FromSeconds(6));
            elapsed = BeginRequest(connection, time);
            time.Advance(TimeSpan.FromSeconds(60));
            next = BeginRequest(connection, time);
        });

        Assert.That(elapsed, Is.EqualTo(TimeSpan.FromSeconds(expectedSeconds)));
        Assert.That(next, Is.EqualTo(TimeSpan.Zero), "of the next one of the connection nobody knows more than the end of its header");
    }

    private static async Task ConnectAsync(string firstBytes, TimeProvider time, Action<ConnectionContext> serve)
    {
        var input = new Pipe();
        await input.Writer.WriteAsync(System.Text.Encoding.ASCII.GetBytes(firstBytes));
        await using var connection = new DefaultConnectionContext("test")
        {
            Transport = new Transport(input.Reader, new Pipe().Writer),
        };
        await FirstByte.OnConnectionAsync(connection, begun => UnencodedAddress.OnConnectionAsync(begun, time, looked =>
        {
            serve(looked);
            return Task.CompletedTask;
        }));
    }

    private static TimeSpan BeginRequest(ConnectionContext connection, TimeProvider time)
    {
        var request = new DefaultHttpContext();
        request.Features.Set(connection.Features.Get<FirstByte>());
        FirstByte.Begin(request, time);
        return time.GetElapsedTime(FirstByte.Of(request, time));
    }

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
