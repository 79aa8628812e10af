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

    private enum Kind
    {
        Order,
        Again,
        Renewal,
        LookUp,
    }

    /// <inheritdoc/>
    public override bool IsNewOrder => KindOfTurn == Kind.Order;

    /// <inheritdoc/>
    public override byte[]? Success => KindOfTurn == Kind.LookUp ? LookedUp : AnsweredSuccess;

    private Kind KindOfTurn => _instanceId is null
        ? Kind.Order
        : (_turn % 10) switch
        {
            1 or 6 => Kind.Again,
            3 or 8 => Kind.Renewal,
            5 => Kind.LookUp,
            _ => Kind.Order,
        };

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next()
    {
        _turn++;
        switch (KindOfTurn)
        {
            case Kind.Again:
                return _newestOrder;
            case Kind.Renewal:
                return Renewal();
            case Kind.LookUp:
                return Encoding.ASCII.GetBytes($"GET /admin/v1/licenses/{_instanceId} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {adminKey}\r\n\r\n");
            default:
                _newestOrder = _orders.Next().ToArray();
                return _newestOrder;
        }
    }

    /// <inheritdoc/>
    public override void Answered(ReadOnlySpan<byte> body)
    {
        if (KindOfTurn == Kind.Order)
        {
            var text = Encoding.ASCII.GetString(body);
            var begin = text.IndexOf(InstanceMember, StringComparison.Ordinal) + InstanceMember.Length;
            _instanceId = text[begin..text.IndexOf('"', begin)];
        }
    }

    private byte[] Renewal()
    {
        var now = TimeProvider.System.GetUtcNow();
        var timeStamp = now.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture);
        var expireTime = now.AddYears(2).AddSeconds(++_renewals).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        var signed = $"activity=refreshLicense&expireTime={expireTime}&instanceId={_instanceId}&orderId=R{_instanceId}{_renewals}&timeStamp={timeStamp}";
        var token = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(accessKey + timeStamp), Encoding.UTF8.GetBytes(signed)));
        return Encoding.ASCII.GetBytes($"GET {MarketplaceApi.Path}?{signed}&authToken={Uri.EscapeDataString(token)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    }
}
