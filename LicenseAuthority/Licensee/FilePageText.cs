using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Mvc;

namespace LicenseAuthority.Licensee;

/// <summary>The page for license files in one language. Nothing on it comes from the caller but what a problem says, and that is encoded. Immutable.</summary>
internal sealed class FilePageText
{
    private const string Style =
        "body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}form,section{border:1px solid;padding:1rem;margin:1rem 0}section{border-color:#b00}button{font:inherit}";

    // Also letters that are not Latin stay as they are.
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private FilePageText(string tag)
    {
        Tag = tag;
    }

    /// <summary>No script, no picture, nothing from elsewhere, in nobody's frame; the form goes here and nowhere else.</summary>
    public static string ContentSecurityPolicy { get; } =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public static FilePageText English { get; } = new("en")
    {
        Title = "Activate or renew a license by file",
        Introduction = "For software without a network. Choose a file, and you get a license file (.lic) to bring back to the software.",
        Label = "File",
        Button = "Get the license file",
        Kinds =
        [
            "A request that the software has saved (.lareq): this device is activated.",
            "A license file (.lic), or a text file with a license code: you get the newest one, such as after a renewal.",
        ],
        Failed = "That did not work",
        Remark = "Say this to the vendor if you need help:",
    };

    public static FilePageText Chinese { get; } = new("zh")
    {
        Title = "通过文件激活或更新许可",
        Introduction = "用于无法联网的软件。请选择文件，您将获得一个许可文件（.lic），请将其导入软件。",
        Label = "文件",
        Button = "获取许可文件",
        Kinds =
        [
            "软件保存的激活请求（.lareq）：激活该设备。",
            "许可文件（.lic），或包含许可码的文本文件：获取最新的许可码，例如续费之后。",
        ],
        Failed = "操作未成功",
        Remark = "如需帮助，请将以下信息提供给软件供应商：",
        Problems = new Dictionary<string, string>
        {
            ["bad-file"] = "这不是软件保存的激活请求（.lareq）、许可文件（.lic）或完整的许可码。请上传软件保存的原始文件。",
            ["bad-json"] = "激活请求文件无法读取，可能已被修改或不完整。请在软件中重新生成。",
            ["bad-request"] = "激活请求文件无法读取，可能已被修改或不完整。请在软件中重新生成。",
            ["bad-lease"] = "激活请求中的租期有误。请在软件中重新生成。",
            ["bad-device"] = "激活请求中的设备信息有误。请在软件中重新生成。",
            ["bad-match"] = "激活请求中的设备信息有误。请在软件中重新生成。",
            ["too-large"] = "文件过大。许可文件不会这么大。",
            ["too-slow"] = "上传速度过慢，请重试。",
            ["unsupported-media-type"] = "请使用本页面的表单上传文件。",
            ["unknown-code"] = "此许可码不是由本服务签发的，或者已被修改。请检查文件是否完整。",
            ["restored"] = "此许可码由本服务签发，但数据库从备份恢复后没有相应记录。请继续使用该许可码，供应商已获通知。",
            ["too-many-requests"] = "请求过于频繁，请稍后再试。",
            ["code-over"] = "该许可已终止，没有更新的许可码。请联系供应商。",
            ["no-seat-left"] = "许可的设备数量已用完。请先在另一台设备上取消激活，或联系供应商。",
            ["bound-to-another-device"] = "此许可码已绑定到另一台设备。",
            ["device-freed"] = "该设备的激活已被取消。请重新激活。",
            ["wrong-product"] = "此许可码属于另一个产品。",
            ["state-does-not-allow"] = "许可当前处于冻结状态，请先续费或联系供应商，然后再激活设备。",
            ["bad-code"] = "激活请求中的授权码不完整或有误。请在软件中重新输入完整的授权码。",
            ["code-not-received"] = "购买者尚未在云商店领取此授权码。请先领取，然后重试。",
            ["product-unknown"] = "此授权码对应的商品尚未在供应商处配置。供应商已获通知，请稍后用同一授权码重试。",
            ["marketplace-unavailable"] = "云商店暂时无法确认此授权码。不会有任何损失，请稍后用同一授权码重试。",
            ["busy"] = "服务繁忙，请几分钟后重试。",
            ["cannot-sign"] = "服务暂时无法签发许可码，请几分钟后重试。",
        }.ToFrozenDictionary(),
    };

    /// <summary>The language tag.</summary>
    public string Tag { get; }

    private string Title { get; init; } = "";

    private string Introduction { get; init; } = "";

    private string Label { get; init; } = "";

    private string Button { get; init; } = "";

    private IReadOnlyList<string> Kinds { get; init; } = [];

    private string Failed { get; init; } = "";

    private string Remark { get; init; } = "";

    // By the code of a problem. What is not here is said in English.
    private FrozenDictionary<string, string> Problems { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The page in the language of a tag such as <c>zh-CN</c>; null = there is none.</summary>
    public static FilePageText? Find(string tag) => tag.Split('-')[0].ToLowerInvariant() switch
    {
        "en" => English,
        "zh" => Chinese,
        _ => null,
    };

    /// <summary>The page, with a problem above the form unless it is null.</summary>
    public string Write(ProblemDetails? problem) =>
        $"""
        <!doctype html>
        <html lang="{Tag}">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{Title}</title><style>{Style}</style></head>
        <body>
        <p><a href="?lang=en" lang="en" hreflang="en">English</a> · <a href="?lang=zh" lang="zh" hreflang="zh">中文</a></p>
        <h1>{Title}</h1>
        {(problem is null ? "" : WriteProblem(problem))}
        <p>{Introduction}</p>
        <form method="post" enctype="multipart/form-data">
        <p><label for="file">{Label}</label> <input type="file" id="file" name="file" required></p>
        <p><button type="submit">{Button}</button></p>
        </form>
        <ul>{string.Concat(Kinds.Select(static kind => $"<li>{kind}</li>"))}</ul>
        </body>
        </html>

        """;

    private string WriteProblem(ProblemDetails problem)
    {
        var code = problem.Extensions.TryGetValue(LicenseAuthority.Problems.CodeMember, out var known) ? known as string ?? "" : "";
        var detail = Encoder.Encode(problem.Detail ?? problem.Title ?? "");
        var said = Problems.TryGetValue(code, out var text) ? $"<p>{text}</p>" : $"<p lang=\"en\">{detail}</p>";
        var remark = string.Create(CultureInfo.InvariantCulture, $"<p>{Remark} <code>{problem.Status} {Encoder.Encode(code)}</code></p>");
        return $"<section role=\"alert\"><h2>{Failed}</h2>{said}{WriteHolders(problem)}{remark}</section>";
    }

    // Their names are what somebody else has once sent.
    private static string WriteHolders(ProblemDetails problem) =>
        problem.Extensions.TryGetValue(ActivationDoor.HoldersMember, out var given) && given is SeatHolder[] holders
        ? $"<ul>{string.Concat(holders.Select(static holder => $"<li>{Encoder.Encode(holder.Name ?? "?")}, {holder.LastSeenAt.UtcDateTime:yyyy-MM-dd}</li>"))}</ul>"
        : "";
}
