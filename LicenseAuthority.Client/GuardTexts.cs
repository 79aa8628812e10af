namespace LicenseAuthority.Client;

/// <summary>Every text that a guard shows to people beside those of a check, in each language. Holds no part of a code and no fingerprint.</summary>
internal static class GuardTexts
{
    public static string Result(LicenseGuardResult result, LicenseLanguage language)
    {
        var text = result.Problem switch
        {
            null => Say(language, "Done.", "已完成。"),
            "not-installed" => Say(language, "No license is installed: enter the license code first.", "尚未安装许可：请先输入许可码。"),
            "not-activated" => Say(language, "This device is not activated.", "本设备尚未激活。"),
            "no-fingerprint" => Say(language, "This software did not say which device this is, so it cannot be activated.", "本软件未提供设备标识，无法激活。"),
            "bad-code" => Say(language, "The text is not a license code of this product.", "文本不是本产品的许可码。"),
            "canceled" => Say(language, "It was canceled.", "操作已取消。"),
            "timeout" or "unreachable" => Say(
                language, "The license service could not be reached.", "无法连接许可服务。") + GoesOn(result, language),
            "redirected" or "bad-answer" => Say(
                language, "Something else than the license service answered, such as a sign-in page of a network. Check the network, then try again.",
                "应答并非来自许可服务（可能是网络登录页面）。请检查网络后重试。"),
            "unsafe-address" => Say(
                language, "The license names no address that may be asked: it must be https. Ask the vendor.", "许可中的服务地址不可用（须为 https）。请联系供应商。"),
            "no-seat-left" => Say(language, "All places of the license are taken.", "许可的设备数量已用完。")
                + Devices(result, language)
                + Say(language, " Deactivate one of these devices, or buy more.", "请先在其中一台设备上取消激活，或增购。"),
            "too-many-requests" => Say(language, "It was asked too often.", "请求过于频繁。"),
            "too-many-frees" => Say(language, "Places of this license were given up too often lately.", "近期释放此许可的名额过于频繁。")
                + (result.AgainAt is { } again
                    ? Say(language, " It is possible again from {0}.", "可自 {0} 起再次释放。", LicenseTexts.Date(again))
                    : Say(language, " It is possible again later.", "请稍后再试。")),
            "unknown-code" => Say(
                language, "The license service does not know this code. It was changed, or is of another service; ask the vendor.", "许可服务不认识此许可码。请联系供应商。"),
            "restored" => Say(
                language, "The license service was restored from a backup and does not know this code at present. Go on with it; the vendor was told.",
                "许可服务从备份恢复后暂无此许可码的记录。请继续使用；供应商已获通知。"),
            "device-freed" => Say(language, "The place of this device was given up. Activate it again.", "本设备的激活已被取消，请重新激活。"),
            "code-over" => Say(language, "The license is over. Ask where you bought it.", "许可已终止。请联系购买处。"),
            "state-does-not-allow" => Say(language, "The license is frozen: renew it first.", "许可当前处于冻结状态，请先续费。"),
            "bound-to-another-device" => Say(
                language, "The code is bound to another device. Enter the code that came with the order, then activate.", "此许可码已绑定其他设备。请输入订单所附的许可码，然后激活。"),
            "wrong-product" => Say(language, "The code is of another product.", "此许可码属于另一个产品。"),
            _ => Say(
                language, "The license service could not do it ({0}).", "许可服务未能完成操作（{0}）。", result.Problem) + GoesOn(result, language),
        };

        // Of what passes by itself, since when.
        return result.Since is { } since
            ? text + Say(language, " Since {0}.", "自 {0} 起。", LicenseTexts.Date(since))
            : text;
    }

    public static string Notice(LicenseNotice notice, LicenseLanguage language) => notice.Kind switch
    {
        LicenseNoticeKind.ExpiresSoon => Say(language, "The license ends at {0}.", "许可将于 {0} 到期。", notice.Subject),
        LicenseNoticeKind.LeaseEndsSoon => Say(language, "This device's lease ends at {0} and was not prolonged yet.", "本设备的租用将于 {0} 结束，且尚未续期。", notice.Subject),
        LicenseNoticeKind.StatusUnknown => Say(
            language, "Whether the license was revoked or suspended is not known since {0}.", "自 {0} 起无法确认许可是否被撤销或暂停。", notice.Subject),
        LicenseNoticeKind.StatusListEndsSoon => Say(language, "The status list of the license ends at {0}, and none newer came.", "许可的状态列表将于 {0} 失效，且尚未取得新的列表。", notice.Subject),
        LicenseNoticeKind.ClockSuspect => Say(
            language, "The date of this computer does not fit what is known of the time: the latest known time is {0}.", "本机日期与已知时间不符：最近的已知时间为 {0}。", notice.Subject),
        LicenseNoticeKind.StoreNotWritable => Say(
            language, "The license cannot be stored since {0}: it is kept in memory only.", "自 {0} 起无法保存许可，仅保留在内存中。", LicenseTexts.Date(notice.Since)),
        LicenseNoticeKind.RefreshFailing => Say(
            language, "The license service was last asked without success ({0}); that has been so since {1}. The license is judged by what is at hand.",
            "向许可服务的查询未成功（{0}），自 {1} 起如此。目前依据现有信息判断许可。", notice.Subject, LicenseTexts.Date(notice.Since)),
        LicenseNoticeKind.DeviceFreed => Say(
            language, "The place of this device was given up at the license service, as was found at {0}.", "本设备的激活已在许可服务处被取消（发现于 {0}）。", LicenseTexts.Date(notice.Since)),
        LicenseNoticeKind.SourceNotUsable => LicenseTexts.JoinTexts(
            Say(language, "{0} gives no license since {1}.", "自 {1} 起，{0} 未能提供许可。", notice.Subject, LicenseTexts.Date(notice.Since)),
            notice.Refusal is { } refusal ? refusal.GetEvidence(language) : Say(language, "It cannot be read.", "无法读取。"),
            language),
        _ => Say(
            language, "The license service uses keys or a format that this version of the software does not know, as was found at {0}.",
            "许可服务使用了本软件版本不支持的密钥或格式（发现于 {0}）。", LicenseTexts.Date(notice.Since)),
    };

    public static string Advice(LicenseNoticeKind kind, LicenseLanguage language) => kind switch
    {
        LicenseNoticeKind.ExpiresSoon => Say(language, "Renew the license where you bought it.", "请在购买处续费。"),
        LicenseNoticeKind.LeaseEndsSoon or LicenseNoticeKind.StatusUnknown or LicenseNoticeKind.StatusListEndsSoon => Say(
            language, "Connect this computer to the network, or get a newer license file.", "请将本机连接网络，或取得新的许可文件。"),
        LicenseNoticeKind.ClockSuspect => LicenseTexts.JoinTexts(
            Say(language, "Set the date and time of this computer right.", "请校正本机的日期和时间。"), LicenseTexts.ClockIsRight(language), language),
        LicenseNoticeKind.StoreNotWritable => Say(
            language, "Give this user the right to write to the folder, or set another folder; nothing is lost while the software runs.",
            "请授予当前用户写入该文件夹的权限，或改用其他文件夹；软件运行期间不会丢失任何信息。"),
        LicenseNoticeKind.RefreshFailing => Say(
            language, "Check the network, proxy and firewall. If all else works, tell the vendor the word in brackets.", "请检查网络、代理和防火墙。如果其他一切正常，请将括号中的代码告知供应商。"),
        LicenseNoticeKind.DeviceFreed => Say(language, "Activate this device again, if it is to go on.", "如需继续使用，请重新激活本设备。"),
        LicenseNoticeKind.SourceNotUsable => Say(
            language, "Put the license code or file (.lic) of this product there, whole, where this user may read it. What is installed goes on to count.",
            "请在该处放置本产品完整的许可码或许可文件（.lic），并确保当前用户可以读取。已安装的许可仍按原样判断。"),
        _ => Say(language, "Update the software.", "请更新本软件。"),
    };

    public static string UnstableFingerprint(LicenseLanguage language) => Say(
        language,
        "This machine has no identity of its own, as in a container: its place is known by a number in the store, and is lost with it. Activate with a lease, so that the place "
        + "comes back by itself, and demand a device (RequireDevice), so that it counts.",
        "本机没有固有标识（例如容器环境）：激活以存储中的随机编号识别，存储丢失则激活丢失。请以租用方式激活，名额会自动归还；并要求设备激活（RequireDevice），使其计数。");

    private static string GoesOn(LicenseGuardResult result, LicenseLanguage language) => result.GoesOn
        ? Say(language, " What is installed goes on working as before; try again later.", "已安装的许可照常使用；请稍后重试。")
        : Say(language, " Try again later.", "请稍后重试。");

    private static string Devices(LicenseGuardResult result, LicenseLanguage language)
    {
        var nameless = result.NamelessDevices;
        string[] others = nameless == 0 ? [] : [Say(language, nameless == 1 ? "{0} device without a name" : "{0} devices without a name", "{0} 台未命名的设备", nameless)];
        var all = string.Join(language == LicenseLanguage.Chinese ? "、" : ", ", result.Devices.Concat(others));
        return all.Length == 0 ? "" : Say(language, " They are those of: {0}.", "占用者：{0}。", all);
    }

    private static string Say(LicenseLanguage language, string english, string chinese, params object[] values) => LicenseTexts.Say(language, english, chinese, values);
}
