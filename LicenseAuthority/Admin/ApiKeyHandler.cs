using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace LicenseAuthority.Admin;

/// <summary>
/// Authenticates a caller of the admin door by its API key. The <c>User</c> is then the actor as it stands in events: <c>admin:</c> and the key's id.
/// </summary>
internal sealed class ApiKeyHandler(ApiKeys keys, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>The scheme's name; of an <c>Authorization</c> header too.</summary>
    public new const string Scheme = "Bearer";

    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (keys.FindKeyId(Request.Headers.Authorization) is not { } keyId)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "admin:" + keyId)], Scheme);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme)));
    }

    /// <inheritdoc/>
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.CacheControl = "no-store";
        Response.Headers.WWWAuthenticate = Scheme;
        return Problems.Create(
            StatusCodes.Status401Unauthorized, "unauthorized",
            "Send an API key: Authorization: Bearer <key>. The first one is the setting Admin:BootstrapApiKey; in Development it is printed at start.").ExecuteAsync(Context);
    }
}
