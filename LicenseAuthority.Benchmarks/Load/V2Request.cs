using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// A day of an authority that sells by License V2, in turns of ten requests: three new instances, two renewals by V2 and two by V1, a freeze, a thaw and a
/// question, all of the instance that this connection has opened last. The two kinds of renewal change the same licenses in the same minute, so they can be compared.
/// </summary>
internal sealed class V2Request(string accessKey, OrderNumbers numbers) : RequestWriter
{
    private const string InstanceMember = "\"instanceId\":\"";
    private const string NewInstance = "newInstance";
    private const string RefreshInstance = "refreshInstance";
    private const string RefreshLicense = "refreshLicense";
    private const string UpdateInstanceStatus = "updateInstanceStatus";
    private const string QueryInstance = "queryInstance";

    private static readonly string[] Turns =
    [
        NewInstance, RefreshInstance, RefreshLicense, UpdateInstanceStatus, UpdateInstanceStatus,
        NewInstance, RefreshLicense, RefreshInstance, QueryInstance, NewInstance,
    ];

    private readonly byte[] _key = Encoding.UTF8.GetBytes(accessKey);
    private string? _instanceId;
    private int _turn = -1;
    private int _renewals;
    private bool _isFrozen;

    /// <inheritdoc/>
    public override bool IsNewOrder => Kind == NewInstance;

    /// <inheritdoc/>
    public override byte[] Success { get; } = Encoding.ASCII.GetBytes($"\"resultCode\":\"{ResultCode.Success}\"");

    /// <inheritdoc/>
    public override string Kind => _instanceId is null ? NewInstance : Turns[_turn % Turns.Length];

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next()
    {
        _turn++;
        switch (Kind)
        {
            case RefreshLicense:
                return MixedRequest.Renewal(accessKey, _instanceId!, ++_renewals);
            case RefreshInstance:
                var expireTime = TimeProvider.System.GetUtcNow().AddYears(2).AddSeconds(++_renewals).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
                var order = $"R{_instanceId}{_renewals}";
                return Post($$"""
                    {"activity":"refreshInstance","expireTime":"{{expireTime}}","instanceId":"{{_instanceId}}","orderId":"{{order}}","orderLineId":"{{order}}-000001","scene":"RENEWAL"}
                    """);
            case UpdateInstanceStatus:
                _isFrozen = !_isFrozen;
                return Post($$"""{"activity":"updateInstanceStatus","instanceId":"{{_instanceId}}","status":"{{(_isFrozen ? "FREEZE" : "UNFREEZE")}}"}""");
            case QueryInstance:
                return Post($$"""{"activity":"queryInstance","instanceId":"{{_instanceId}}"}""");
            default:
                var purchase = string.Create(CultureInfo.InvariantCulture, $"CS{numbers.Next():D12}");
                return Post($$"""{"activity":"newInstance","businessId":"0b7d6a52-1111-4222-8333-{{purchase}}","orderId":"{{purchase}}","orderLineId":"{{purchase}}-000001"}""");
        }
    }

    /// <inheritdoc/>
    public override void Answered(ReadOnlySpan<byte> body)
    {
        if (Kind == NewInstance)
        {
            var text = Encoding.ASCII.GetString(body);
            var begin = text.IndexOf(InstanceMember, StringComparison.Ordinal) + InstanceMember.Length;
            _instanceId = text[begin..text.IndexOf('"', begin)];
        }
    }

    private byte[] Post(string body)
    {
        var timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var inner = Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(body)));
        var signature = Convert.ToHexString(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(accessKey + nonce + timestamp + inner)));
        return Encoding.ASCII.GetBytes(
            $"POST {MarketplaceApi.Path}?signature={signature}&timestamp={timestamp}&nonce={nonce} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
    }
}
