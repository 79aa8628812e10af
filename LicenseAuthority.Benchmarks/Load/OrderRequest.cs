using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>
/// Signed <c>getLicense</c> calls, each for an order, a customer and a business id of its own, with all the parameters that the marketplace sends.
/// A template with the number filled in, so that the client's share of the machine stays small.
/// </summary>
internal sealed class OrderRequest : RequestWriter
{
    private const string Hole = "############";
    private const int TokenSize = 44;

    private readonly OrderNumbers _numbers;
    private readonly byte[] _key;
    private readonly byte[] _signed;
    private readonly byte[] _request;
    private readonly int[] _holesInSigned;
    private readonly int[] _holesInRequest;
    private readonly int _tokenAt;
    private readonly byte[] _rest;

    public OrderRequest(string accessKey, OrderNumbers numbers)
    {
        var now = TimeProvider.System.GetUtcNow();
        var timeStamp = now.ToString("yyyyMMddHHmmssfff", CultureInfo.InvariantCulture);
        (string Name, string Value)[] parameters =
        [
            ("activity", "getLicense"),
            ("amount", "5"),
            ("businessId", $"0b7d6a52-1111-4222-8333-{Hole}"),
            ("customerId", $"c0ffee00c0ffee00c0ff{Hole}"),
            ("customerName", "测试 客户+1"),
            ("expireTime", now.AddYears(1).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)),
            ("orderId", $"CS{Hole}"),
            ("periodNumber", "1"),
            ("periodType", "year"),
            ("productId", "OFFI000000000000000001"),
            ("skuCode", "11112222-3333-4444-5555-666677778888"),
            ("timeStamp", timeStamp),
        ];

        _numbers = numbers;
        _key = Encoding.UTF8.GetBytes(accessKey + timeStamp);
        _signed = Encoding.UTF8.GetBytes(string.Join('&', parameters.Select(parameter => $"{parameter.Name}={parameter.Value}")));
        var query = string.Join('&', parameters.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}")).Replace("%23", "#", StringComparison.Ordinal);
        var request = Encoding.ASCII.GetBytes($"GET {MarketplaceApi.Path}?{query}&authToken=");
        _rest = Encoding.ASCII.GetBytes(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n");
        _tokenAt = request.Length;
        _request = [.. request, .. new byte[(TokenSize * 3) + _rest.Length]];
        _holesInSigned = FindHoles(_signed);
        _holesInRequest = FindHoles(_request);
    }

    /// <inheritdoc/>
    public override bool IsNewOrder => true;

    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Next()
    {
        Span<byte> number = stackalloc byte[Hole.Length];
        _numbers.Next().TryFormat(number, out _, "D12", CultureInfo.InvariantCulture);
        Fill(_signed, _holesInSigned, number);
        Fill(_request, _holesInRequest, number);

        Span<byte> token = stackalloc byte[TokenSize];
        HMACSHA256.HashData(_key, _signed, token);
        Base64.EncodeToUtf8InPlace(token, HMACSHA256.HashSizeInBytes, out _);

        var length = _tokenAt;
        foreach (var character in token)
        {
            var escaped = character switch
            {
                (byte)'+' => "%2B"u8,
                (byte)'/' => "%2F"u8,
                (byte)'=' => "%3D"u8,
                _ => new ReadOnlySpan<byte>(in character),
            };
            escaped.CopyTo(_request.AsSpan(length));
            length += escaped.Length;
        }

        _rest.CopyTo(_request, length);
        return _request.AsMemory(0, length + _rest.Length);
    }

    private static int[] FindHoles(ReadOnlySpan<byte> template)
    {
        var hole = Encoding.ASCII.GetBytes(Hole);
        var holes = new List<int>();
        for (var i = 0; i + hole.Length <= template.Length; i++)
        {
            if (template[i..].StartsWith(hole))
            {
                holes.Add(i);
                i += hole.Length - 1;
            }
        }

        return [.. holes];
    }

    private static void Fill(byte[] template, int[] holes, ReadOnlySpan<byte> number)
    {
        foreach (var hole in holes)
        {
            number.CopyTo(template.AsSpan(hole));
        }
    }
}
