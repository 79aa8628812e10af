using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// A day of an authority, in turns of ten requests: five new orders, two that send the newest order again, two renewals and one look-up by an operator, all
/// of the license that this connection has ordered last.
/// </summary>
internal sealed class MixedRequest(string accessKey, string adminKey, OrderNumbers numbers) : RequestWriter
{
    private const string InstanceMember = "\"instanceId\":\"";

    private static readonly byte[] AnsweredSuccess = Encoding.ASCII.GetBytes($"\"resultCode\":\"{ResultCode.Success}\"");
    private static readonly byte[] LookedUp = "\"id\":\"lic_"u8.ToArray();

    private readonly OrderRequest _orders = new(accessKey, numbers);
    private byte[] _newestOrder = [];
    private string? _instanceId;
    private int _turn = -1;
    private int _renewals;

    private enum Turn
    {
        Order,
        Again,
        Renewal,
        LookUp,
    }

    /// <inheritdoc/>
    public override bool IsNewOrder => CurrentTurn == Turn.Order;

    /// <inheritdoc/>
    public override string Kind => CurrentTurn switch
    {
        Turn.Order => "new order",
        Turn.Again => "order sent again",
        Turn.Renewal => "renewal",
        _ => "look-up",
    };

    /// <inheritdoc/>
    public override byte[]? Success => CurrentTurn == Turn.LookUp ? LookedUp : AnsweredSuccess;

    private Turn CurrentTurn => _instanceId is null
        ? Turn.Order
        : (_turn % 10) switch
        {
            1 or 6 => Turn.Again,
            3 or 8 => Turn.Renewal,
            5 => Turn.LookUp,
            _ => Turn.Order,
        };

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next()
    {
        _turn++;
        switch (CurrentTurn)
        {
            case Turn.Again:
                return _newestOrder;
            case Turn.Renewal:
                return Renewal(accessKey, _instanceId!, ++_renewals);
            case Turn.LookUp:
                return Encoding.ASCII.GetBytes($"GET /admin/v1/licenses/{_instanceId} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {adminKey}\r\n\r\n");
            default:
                _newestOrder = _orders.Next().ToArray();
                return _newestOrder;
        }
    }

    /// <inheritdoc/>
    public override void Answered(ReadOnlySpan<byte> body)
    {
        if (CurrentTurn == Turn.Order)
        {
            var text = Encoding.ASCII.GetString(body);
            var begin = text.IndexOf(InstanceMember, StringComparison.Ordinal) + InstanceMember.Length;
            _instanceId = text[begin..text.IndexOf('"', begin)];
        }
    }

    /// <summary>A renewal by V1; with a higher number it ends later.</summary>
    public static byte[] Renewal(string accessKey, string instanceId, int number)
    {
        var now = TimeProvider.System.GetUtcNow();
        var timeStamp = now.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture);
        var expireTime = now.AddYears(2).AddSeconds(number).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        var signed = $"activity=refreshLicense&expireTime={expireTime}&instanceId={instanceId}&orderId=R{instanceId}{number}&timeStamp={timeStamp}";
        var token = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(accessKey + timeStamp), Encoding.UTF8.GetBytes(signed)));
        return Encoding.ASCII.GetBytes($"GET {MarketplaceApi.Path}?{signed}&authToken={Uri.EscapeDataString(token)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    }
}
