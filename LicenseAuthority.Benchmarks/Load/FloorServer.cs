using LicenseAuthority.Marketplaces.KooGallery;

namespace LicenseAuthority.Benchmarks.Load;

/// <summary>A service that does nothing: the same web server with the same settings answers the same request line. The floor H.</summary>
internal static class FloorServer
{
    /// <summary>The command that runs it, in a process of its own.</summary>
    public const string Name = "floor-server";

    public static readonly byte[] Answer = "{\"resultCode\":\"000000\"}"u8.ToArray();

    /// <summary>Serves until it is killed.</summary>
    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.ConfigureKestrel(AuthorityHost.ConfigureKestrel);
        var app = builder.Build();
        app.MapGet(MarketplaceApi.Path, static context =>
        {
            context.Response.ContentType = "application/json;charset=UTF-8";
            context.Response.ContentLength = Answer.Length;
            return context.Response.Body.WriteAsync(Answer).AsTask();
        });
        await app.RunAsync();
        return 0;
    }
}
