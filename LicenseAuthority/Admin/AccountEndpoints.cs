using LicenseAuthority.Marketplaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Admin;

/// <summary>The sellers' accounts: which of their keys are in use, and whether the marketplace can be reached.</summary>
internal static class AccountEndpoints
{
    /// <summary>Maps <c>/marketplace/accounts</c> below the group.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder admin) => admin.MapGet("/marketplace/accounts", ListAsync);

    private static async Task<Results<Ok<Page<AccountItem>>, ProblemHttpResult>> ListAsync(
        HttpRequest request, SellerAccounts accounts, ICallStore calls, CancellationToken cancellationToken)
    {
        var query = new ListQuery(request);
        var after = query.Cursor();
        if (query.Problem is { } problem)
        {
            return ListQuery.Refuse(problem);
        }

        var keyUses = (await calls.ListKeyUsesAsync(cancellationToken)).ToDictionary(static use => (use.Account, use.KeyId), static use => use.UsedAt);
        var openApi = (await calls.ListOpenApiUsesAsync(cancellationToken)).ToLookup(static use => use.Account, StringComparer.Ordinal);
        var rest = accounts.All.SkipWhile(account => after is not null && account.Name != after).Skip(after is null ? 0 : 1).ToList();
        return TypedResults.Ok(query.PageOf(
            rest, static account => account.Name, account => AccountItem.From(account, keyUses, openApi[account.Name])));
    }
}
