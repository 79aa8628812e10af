using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace LicenseAuthority.Tests.Support;

/// <summary>An operator at the admin door. Thread-safe.</summary>
internal sealed class AdminCaller(HttpClient http)
{
    private const string Root = "/admin/v1/";

    /// <summary>Asks; <paramref name="path"/> begins below <c>/admin/v1/</c>.</summary>
    public Task<AdminReply> GetAsync(string path) => SendAsync(HttpMethod.Get, path, content: null);

    /// <summary>Commands, with a reason or without a body.</summary>
    public Task<AdminReply> PostAsync(string path, string? reason = null) =>
        SendAsync(HttpMethod.Post, path, reason is null ? null : JsonContent.Create(new { reason }));

    /// <summary>Commands with any body at all.</summary>
    public Task<AdminReply> PostAsync(string path, HttpContent content) => SendAsync(HttpMethod.Post, path, content);

    /// <summary>A license; it must be there.</summary>
    public async Task<JsonElement> ShowAsync(string licenseId)
    {
        var reply = await GetAsync("licenses/" + licenseId);
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
        return reply.Json;
    }

    /// <summary>All items of a list, from the first page (or from <paramref name="cursor"/> on) to the last; <paramref name="path"/> may have filters.</summary>
    public Task<List<JsonElement>> ListAsync(string path, string? cursor = null) => ListAsync(path, item => item, cursor);

    /// <summary>What <paramref name="select"/> makes of each item, page by page, so that a long list need not be kept whole.</summary>
    public async Task<List<T>> ListAsync<T>(string path, Func<JsonElement, T> select, string? cursor = null)
    {
        var items = new List<T>();
        do
        {
            var reply = await GetAsync(cursor is null ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={cursor}");
            Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.OK), reply.ToString());
            items.AddRange(reply.Json.GetProperty("items").EnumerateArray().Select(select));
            cursor = reply.Json.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>The ids of all items of a list.</summary>
    public Task<List<string>> ListIdsAsync(string path, string? cursor = null) => ListAsync(path, item => item.GetProperty("id").GetString()!, cursor);

    private async Task<AdminReply> SendAsync(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, Root + path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", LicenseAuthorityApplication.AdminKey);
        using var response = await http.SendAsync(request);
        return await AdminReply.ReadAsync(response);
    }
}
