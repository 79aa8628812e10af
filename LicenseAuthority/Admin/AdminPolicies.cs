using Microsoft.AspNetCore.Authentication;

namespace LicenseAuthority.Admin;

/// <summary>Who may do what at the admin door. A route asks for a policy in one line, <c>RequireAuthorization(AdminPolicies.…)</c>.</summary>
internal static class AdminPolicies
{
    /// <summary>Whoever has a valid API key.</summary>
    public const string Operator = "admin-operator";

    /// <summary>Registers authentication by API key and the policies that rest on it.</summary>
    public static void AddAdminPolicies(this IServiceCollection services)
    {
        // Else the one scheme that there is would look at every call at every door: at the marketplace's for nothing, and at the codes of licensed software.
        AppContext.SetSwitch("Microsoft.AspNetCore.Authentication.SuppressAutoDefaultScheme", isEnabled: true);

        // Not AddAuthentication, which brings the keys of cookies: nobody has cookies here, and they would lie unencrypted in the home of the service's user.
        services.AddAuthenticationCore();
        services.AddWebEncoders();
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.Scheme, static _ => { });
        services.AddAuthorizationBuilder().AddPolicy(Operator, static policy => policy
            .AddAuthenticationSchemes(ApiKeyHandler.Scheme)
            .RequireAuthenticatedUser());
    }
}
