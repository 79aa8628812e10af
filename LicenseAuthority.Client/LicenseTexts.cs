using System.Globalization;
using LicenseAuthority.Client.Format;
using LicenseAuthority.Client.Status;
using LicenseAuthority.Client.Timekeeping;

namespace LicenseAuthority.Client;

/// <summary>
/// Every text that a check shows to people, in each language. Written for the user of licensed software and the vendor's support; holds no
/// part of a code but decoded claims that were signed.
/// </summary>
internal static class LicenseTexts
{
    public static string Evidence(in LicenseCheck check, LicenseLanguage language)
    {
        if (check.License is not { } license)
        {
            return EvidenceOfFault(check.Fault, check.CheckedAt, language);
        }

        return EvidenceOfClaims(check, license, language) + EvidenceOfStatus(check, license, language);
    }

    public static string Advice(in LicenseCheck check, LicenseLanguage language) => check.Fault?.Reason == CodeFaultReason.NothingInstalled
        ? Say(language, "Enter the license code that you got, or activate this device with it.", "请输入所获得的许可码，或用其激活本设备。")
        : check.Clock.Standing == ClockStanding.RolledBack && check.Outcome == LicenseOutcome.ClockRolledBack
        ? JoinTexts(Advice(check.Outcome, language), ClockIsRight(language), language)
        : IsClockSuspect(check)
        ? JoinTexts(
            Say(language, "Look at the date of this computer first: it is far ahead of all that is known.", "请先检查本机日期：它远远超前于所有已知时间。"),
            AdviceOnOutcome(check, language), language)
        : AdviceOnOutcome(check, language);

    /// <summary>
    /// What to do where the clock is right and what is known of the time is not, as after a week with a wrong year: nobody who has set it right could do more.
    /// </summary>
    public static string ClockIsRight(LicenseLanguage language) => Say(
        language, "If they are right, connect this computer to the network, or get a newer license file: either tells it the time.",
        "如果日期和时间正确，请将本机连接网络，或取得新的许可文件，本机即可获知正确的时间。");

    public static string JoinTexts(string one, string other, LicenseLanguage language) => one + (language == LicenseLanguage.Chinese ? "" : " ") + other;

    private static string AdviceOnOutcome(in LicenseCheck check, LicenseLanguage language) =>
        check.License is { } license && IsLeaseOver(check.Outcome, license, check.CheckedAt)
        ? Say(
            language, "Connect this computer to the network: the software then fetches the next code for this device.",
            "请将本机连接网络，软件将为本设备获取新的许可码。")
        : check.IsConfirmed
        ? Say(
            language, "The license service was asked and says that this license is over. If you think that it is not, ask the vendor's support, or where you bought it.",
            "已向许可服务查询：该许可已终止。如有疑问，请联系供应商的技术支持或购买处。")
        : Advice(check.Outcome, language);

    /// <summary>True if only the device's lease has ended, and the license has not.</summary>
    private static bool IsLeaseOver(LicenseOutcome outcome, LicenseCode license, DateTimeOffset now) =>
        outcome == LicenseOutcome.Frozen && license.IsLeased && !(now >= license.TermEndsAt);

    // Time is over, but perhaps only by a wrong clock.
    private static bool IsClockSuspect(in LicenseCheck check) =>
        check.Clock.Standing == ClockStanding.FarAhead && check.Outcome is (LicenseOutcome.Expired or LicenseOutcome.Frozen);

    // Which claim has the end of the license itself.
    private static string ClaimOfEnd(LicenseCode license) => license.TermEndsAt is null ? "exp" : "term";

    private static string EvidenceOfClaims(in LicenseCheck check, LicenseCode license, LicenseLanguage language)
    {
        var now = Date(check.CheckedAt);
        switch (check.Outcome)
        {
            case LicenseOutcome.Valid when license.ExpiresAt is null:
                return Say(language, "License {0} is valid and does not expire. Checked at {1}.", "许可 {0} 有效，永久使用。检查时间 {1}。", license.LicenseId, now);
            case LicenseOutcome.Valid when license.IsLeased && license.ExpiresAt != license.TermEndsAt:
                return Say(
                    language, "License {0} is valid, and this device's lease on it runs until {1} (exp). Checked at {2}.",
                    "许可 {0} 有效，本设备的租用至 {1}（exp）。检查时间 {2}。",
                    license.LicenseId, Date(license.ExpiresAt), now);
            case LicenseOutcome.Valid:
                return Say(
                    language, "License {0} is valid until {1} (exp). Checked at {2}.", "许可 {0} 有效，到期时间 {1}（exp）。检查时间 {2}。",
                    license.LicenseId, Date(license.ExpiresAt), now);
            case LicenseOutcome.Suspended:
                return Say(language, "License {0} is suspended. Checked at {1}.", "许可 {0} 已暂停使用。检查时间 {1}。", license.LicenseId, now);
            case LicenseOutcome.Revoked:
                return Say(
                    language, "This code, number {1} (gen) of license {0}, is no longer good. Checked at {2}.", "许可 {0} 的此许可码（编号 {1}，gen）已失效。检查时间 {2}。",
                    license.LicenseId, license.Generation, now);
            case LicenseOutcome.StatusListTooOld:
                return Say(
                    language, "Whether license {0} still holds must be known here, and is not. Checked at {1}.", "本软件须确认许可 {0} 的状态，但目前无法确认。检查时间 {1}。",
                    license.LicenseId, now);
            case LicenseOutcome.NotYetValid:
                return Say(
                    language, "License {0} begins at {1} (nbf); the clock shows {2}.", "许可 {0} 自 {1}（nbf）起生效；当前时钟为 {2}。",
                    license.LicenseId, Date(license.NotBefore), now);
            case LicenseOutcome.Frozen when IsLeaseOver(check.Outcome, license, check.CheckedAt) && license.TermEndsAt is { } term:
                return Say(
                    language, "This device's lease on license {0} ended at {1} (exp); the license itself runs until {2} (term). The clock shows {3}.",
                    "本设备对许可 {0} 的租用已于 {1}（exp）结束；许可本身有效至 {2}（term）。当前时钟为 {3}。",
                    license.LicenseId, Date(license.ExpiresAt), Date(term), now);
            case LicenseOutcome.Frozen when IsLeaseOver(check.Outcome, license, check.CheckedAt):
                return Say(
                    language, "This device's lease on license {0} ended at {1} (exp); the license itself does not expire. The clock shows {2}.",
                    "本设备对许可 {0} 的租用已于 {1}（exp）结束；许可本身永久有效。当前时钟为 {2}。",
                    license.LicenseId, Date(license.ExpiresAt), now);
            case LicenseOutcome.Frozen:
                return Say(
                    language, "License {0} expired at {1} ({4}) and can be renewed until {2} (grace); the clock shows {3}.",
                    "许可 {0} 已于 {1}（{4}）到期，可在 {2}（grace）之前续费；当前时钟为 {3}。",
                    license.LicenseId, Date(license.TermEndsAt ?? license.ExpiresAt), Date(license.GraceEndsAt), now, ClaimOfEnd(license));
            case LicenseOutcome.Expired:
                return Say(
                    language, "License {0} expired at {1} ({4}), and the time to renew it ended at {2} (grace); the clock shows {3}.",
                    "许可 {0} 已于 {1}（{4}）到期，续费期限已于 {2}（grace）结束；当前时钟为 {3}。",
                    license.LicenseId, Date(license.TermEndsAt ?? license.ExpiresAt), Date(license.GraceEndsAt), now, ClaimOfEnd(license));
            case LicenseOutcome.WrongProduct:
                return Say(
                    language, "License {0} is for the product \"{1}\" (aud); this is \"{2}\".", "许可 {0} 属于产品“{1}”（aud）；本产品为“{2}”。",
                    license.LicenseId, license.ProductId, check.ExpectedProductId);
            case LicenseOutcome.WrongDevice:
                return Say(
                    language, "License {0} is bound to a device: {1} of its properties (dev, devk) must be found here, {2} were.",
                    "许可 {0} 已绑定设备：须匹配 {1} 项设备特征（dev、devk），本机匹配 {2} 项。",
                    license.LicenseId, license.RequiredDeviceMatches, check.DeviceMatches);
            case LicenseOutcome.TestLicense:
                return Say(
                    language, "License {0} is a test license (test), which this software does not accept.", "许可 {0} 为测试许可（test），本软件不接受。",
                    license.LicenseId);
            case LicenseOutcome.ClockRolledBack when check.Clock.Standing == ClockStanding.RolledBack:
                return Say(
                    language, "The clock shows {0}, but this computer knows that it was {1} already.", "当前时钟为 {0}，而本机已知的最近时间为 {1}。",
                    now, Date(check.Clock.LatestKnown));
            case LicenseOutcome.ClockRolledBack when check.Status.List is { } list && list.IssuedAt > license.IssuedAt:
                return Say(
                    language, "The status list of license {0} was made at {1} (iat), but the clock shows {2}, more than 24 hours earlier.",
                    "许可 {0} 的状态列表生成于 {1}（iat），而当前时钟为 {2}，早了 24 小时以上。", license.LicenseId, Date(list.IssuedAt), now);
            case LicenseOutcome.ClockRolledBack:
                return Say(
                    language, "License {0} was issued at {1} (iat), but the clock shows {2}, more than 24 hours earlier.",
                    "许可 {0} 签发于 {1}（iat），而当前时钟为 {2}，早了 24 小时以上。", license.LicenseId, Date(license.IssuedAt), now);
            case LicenseOutcome.NotActivated when !license.RequiresActivation:
                return Say(
                    language, "This software demands activation, and this code of license {0} is not bound to a device.", "本软件要求激活，而许可 {0} 的此许可码尚未绑定设备。",
                    license.LicenseId);
            case LicenseOutcome.NotActivated:
                return Say(
                    language, "License {0} demands activation (act), and this code is not bound to a device.", "许可 {0} 要求激活（act），而此许可码尚未绑定设备。",
                    license.LicenseId);
            default:
                return check.Outcome.ToString();
        }
    }

    // Of a check that came as far as the time: the list that counts, and else since when nobody knows, where that is what matters.
    private static string EvidenceOfStatus(in LicenseCheck check, LicenseCode license, LicenseLanguage language)
    {
        if (check.Outcome is LicenseOutcome.WrongProduct or LicenseOutcome.TestLicense or LicenseOutcome.NotActivated or LicenseOutcome.WrongDevice)
        {
            return "";
        }

        var space = language == LicenseLanguage.Chinese ? "" : " ";
        var text = check.Status.List is { } list
            ? space + Say(language, "Status list: number {0} (seq), made {1} (iat).", "状态列表：编号 {0}（seq），生成于 {1}（iat）。", list.Sequence, Date(list.IssuedAt))
            : "";
        if (check.Outcome is LicenseOutcome.Valid or LicenseOutcome.StatusListTooOld && check.StatusUnknownSince is { } since)
        {
            text += space + Standing(check, license, language) + space + Say(language, "That means: status unknown since {0}.", "即：自 {0} 起状态未知。", Date(since));
        }

        return text;
    }

    /// <summary>Why no status list allows the code, or that one does.</summary>
    public static string Standing(in LicenseCheck check, LicenseCode license, LicenseLanguage language) => check.Status.Standing switch
    {
        StatusStanding.NotNamed => Say(language, "The code names no status list.", "许可码未指定状态列表。"),
        StatusStanding.NoList => Say(language, "There is no status list.", "没有状态列表。"),
        StatusStanding.OtherUri => Say(
            language, "The status list at hand is not the one that the code names, {0} (uri).", "现有的状态列表不是许可码所指定的 {0}（uri）。", license.StatusListUri!),
        StatusStanding.OtherAuthority => Say(
            language, "The status list at hand is not by a key that this software trusts.", "现有的状态列表并非由本软件信任的密钥签发。"),
        StatusStanding.RevokedKey => Say(
            language, "The key that signed the status list at hand was revoked since.", "签发现有状态列表的密钥已被吊销。"),
        StatusStanding.NoEntry => Say(
            language, "The status list at hand has no entry {0} (idx).", "现有的状态列表没有第 {0} 项（idx）。", license.StatusListIndex!),
        _ when check.StatusUnknownSince is not null => Say(language, "The status list is too old to allow anything.", "状态列表已过期，不能再据以许可使用。"),
        _ => Say(language, "The status list counts.", "状态列表有效。"),
    };

    public static string Advice(LicenseOutcome outcome, LicenseLanguage language) => outcome switch
    {
        LicenseOutcome.Valid => Say(language, "Nothing to do.", "无需操作。"),
        LicenseOutcome.NotYetValid => Say(
            language, "Wait until the license begins; if the date or time of this computer is wrong, set it right.", "请等待许可生效；如果本机日期或时间不正确，请校正。"),
        LicenseOutcome.Frozen => Say(
            language, "Renew the license where you bought it, then enter the new license code.", "请在购买处续费，然后输入新的许可码。"),
        LicenseOutcome.Expired => Say(
            language, "Buy the product again and enter the new license code. If you have renewed already, enter the newest code.", "请重新购买并输入新的许可码；如果已经续费，请输入最新的许可码。"),
        LicenseOutcome.Suspended => Say(
            language, "Ask where you bought the license. Once it may be used again, connect this computer to the network, or get a newer license file.",
            "请联系购买处。恢复使用后，请将本机连接网络，或取得新的许可文件。"),
        LicenseOutcome.Revoked => Say(
            language, "Connect this computer to the network, or enter the newest license code: a newer one may have taken the place of this one. If you have none, ask where you bought the license.",
            "请将本机连接网络，或输入最新的许可码：此许可码可能已被新的许可码取代。如果没有新的许可码，请联系购买处。"),
        LicenseOutcome.StatusListTooOld => Say(
            language, "Connect this computer to the network, or get a newer license file with a status list.", "请将本机连接网络，或取得含有状态列表的新许可文件。"),
        LicenseOutcome.WrongProduct => Say(
            language, "Enter the license code that you got for this product.", "请输入本产品的许可码。"),
        LicenseOutcome.WrongDevice => Say(
            language, "Activate this device, or use the software on the device that the license was activated for.", "请激活本设备，或在已激活的设备上使用本软件。"),
        LicenseOutcome.TestLicense => Say(
            language, "Enter the license code of a purchase.", "请输入正式购买所得的许可码。"),
        LicenseOutcome.ClockRolledBack => Say(
            language, "Set the date and time of this computer right, then try again.", "请校正本机的日期和时间，然后重试。"),
        LicenseOutcome.UntrustedKey => Say(
            language, "Update the software, or ask the vendor for a new license code.", "请更新本软件，或向供应商索取新的许可码。"),
        LicenseOutcome.BadSignature => Say(
            language, "Copy the license code once more from where you got it. If that does not help, ask the vendor for a new one.",
            "请从原处重新复制许可码；如果仍然无效，请向供应商索取新的许可码。"),
        LicenseOutcome.NotActivated => Say(
            language, "Activate the license on this device, then use the code that activation gives.", "请在本设备上激活许可，然后使用激活后得到的许可码。"),
        _ => Say(
            language, "Copy the whole license code, from the first to the last character, and enter it again.", "请完整复制许可码（从第一个字符到最后一个字符），然后重新输入。"),
    };

    /// <summary>What was found about a file.</summary>
    public static string Evidence(LicenseFileFault? fault, LicenseLanguage language) => fault switch
    {
        null => Say(language, "The file has the form of a license file.", "文件符合许可文件的格式。"),
        LicenseFileFault.Empty => Say(language, "There is no text.", "没有文本。"),
        LicenseFileFault.TooLong => Say(language, "The text is longer than a license file can be.", "文本超过许可文件的最大长度。"),
        LicenseFileFault.RepeatedCode => Say(
            language, "The file has more than one license code: remove all but the newest.", "文件含有多个许可码：请只保留最新的一个。"),
        LicenseFileFault.RepeatedStatusList => Say(
            language, "The file has more than one status list: remove all but the newest.", "文件含有多个状态列表：请只保留最新的一个。"),
        _ => Say(
            language, "The file is cut off or mixed up: a line \"-----BEGIN …-----\" has no line \"-----END …-----\" of the same name behind it, or an END has no BEGIN before it.",
            "文件不完整或内容错乱：“-----BEGIN …-----”行之后没有同名的“-----END …-----”行，或 END 行之前没有 BEGIN 行。"),
    };

    /// <summary>What was found about a status list.</summary>
    public static string Evidence(StatusListCheck check, LicenseLanguage language)
    {
        var checkedAt = Date(check.CheckedAt);
        if (check.List is { } list)
        {
            return Say(
                language, "The status list is genuine: made {0} (iat), number {1} (seq), good until before {2} (exp). Checked at {3}.",
                "状态列表真实有效：生成于 {0}（iat），编号 {1}（seq），在 {2}（exp）之前有效。检查时间 {3}。",
                Date(list.IssuedAt), list.Sequence, Date(list.ExpiresAt), checkedAt);
        }

        var fault = check.Fault;
        var key = fault?.Certificate?.KeyId ?? "";
        var text = fault?.Reason switch
        {
            null or CodeFaultReason.Empty => Say(language, "There is no status list.", "没有状态列表。"),
            CodeFaultReason.TooLong => Say(language, "The text is longer than a status list can be.", "文本超过状态列表的最大长度。"),
            CodeFaultReason.UnknownRoot => Say(
                language, "The signing key {0} is not certified by a root key of this software.", "签名密钥 {0} 未经本软件内置的根密钥认证。", key),
            CodeFaultReason.RevokedKey => Say(
                language, "The signing key {0} is revoked: its serial is {1}, the lowest good one is {2} (min-serial).",
                "签名密钥 {0} 已被吊销：其序号为 {1}，最低有效序号为 {2}（min-serial）。", key, fault.Certificate!.Serial, fault.MinimumSerial),
            CodeFaultReason.KeyIdMismatch => Say(
                language, "The list names another key (\"kid\") than its certificate, {0}.", "状态列表声明的密钥（“kid”）与其证书的密钥 {0} 不一致。", key),
            CodeFaultReason.WrongUsage => Say(language, "The signing key {0} may not sign status lists.", "签名密钥 {0} 无权签发状态列表。", key),
            CodeFaultReason.OutsideWindow => Say(
                language, "The list was made at {1} (iat); the signing key {0} may sign from {2} until before {3}.",
                "状态列表生成于 {1}（iat）；签名密钥 {0} 的有效期自 {2} 起，至 {3} 之前。",
                key, Date(fault.IssuedAt), Date(fault.Certificate!.NotBefore), Date(fault.Certificate.NotAfter)),
            CodeFaultReason.EndsAfterCertificate => Say(
                language, "The list would be good for longer (exp) than the certificate of the key {0}, which ends at {1}.",
                "状态列表的有效期（exp）超过密钥 {0} 的证书，该证书于 {1} 到期。", key, Date(fault.Certificate!.NotAfter)),
            CodeFaultReason.SignatureMismatch => Say(
                language, "The signature does not fit: the list was changed after the key {0} signed it.", "签名不匹配：状态列表在密钥 {0} 签名后被改动。", key),
            _ when fault.Member is { } member => Say(
                language, "The text is not a status list as it must be: \"{0}\" is missing or has a value that is not allowed.", "文本不是合规的状态列表：“{0}”缺失或取值不合规定。", member),
            _ => Say(language, "The text is not a status list as it must be; it may be cut off.", "文本不是合规的状态列表，可能不完整。"),
        };
        return text + Say(language, " Checked at {0}.", "检查时间 {0}。", checkedAt);
    }

    private static string EvidenceOfFault(CodeFault? fault, DateTimeOffset checkedAt, LicenseLanguage language)
    {
        var part = Part(fault?.Part ?? CodePart.Code, language);
        var member = fault?.Member ?? "";
        var key = fault?.Certificate?.KeyId ?? "";
        var serial = fault?.Certificate?.Serial ?? 0;
        var text = fault?.Reason switch
        {
            null or CodeFaultReason.Empty => Say(language, "There is no license code.", "没有许可码。"),
            CodeFaultReason.NothingInstalled => Say(language, "No license is installed.", "尚未安装许可。"),
            CodeFaultReason.PlaceGivenUp => Say(
                language, "The place of this device, which the code is for, was given up here.", "此许可码对应的本设备激活已在本机取消。"),
            CodeFaultReason.NotALicenseFile => Evidence(fault.FileFault, language),
            CodeFaultReason.TooLong => Say(
                language, "The text is longer than a license code can be ({0} characters).", "文本超过许可码的最大长度（{0} 个字符）。", CodeText.MaximumLength),
            CodeFaultReason.NotThreeParts => Say(
                language, "The text does not have the three parts of a license code, with dots between them.", "文本不是由点号分隔的三段，不是许可码。"),
            CodeFaultReason.ForeignCharacter => Say(
                language, "The text has a character that no license code has: {0}.", "文本含有许可码中不会出现的字符：{0}。", Character(fault.Character, language)),
            CodeFaultReason.InvalidBase64Url => Say(
                language, "The {0} of the code is cut off, or its last character was changed.", "许可码的{0}不完整，或其最后一个字符被改动。", part),
            CodeFaultReason.SignatureSize => Say(language, "The signature of the code is cut off or too long.", "许可码的签名长度不正确。"),
            CodeFaultReason.InvalidJson => Say(language, "The {0} of the code is not JSON.", "许可码的{0}不是 JSON。", part),
            CodeFaultReason.RepeatedMember => Say(language, "The {0} of the code has the same name twice.", "许可码的{0}含有重复的名称。", part),
            CodeFaultReason.InvalidNumber => Say(
                language, "The {0} of the code has a number that is not a plain integer.", "许可码的{0}含有非整数的数值。", part),
            CodeFaultReason.InvalidUnicode => Say(language, "The {0} of the code has broken characters.", "许可码的{0}含有损坏的字符。", part),
            CodeFaultReason.TooDeep => Say(language, "The {0} of the code is nested too deeply.", "许可码的{0}嵌套过深。", part),
            CodeFaultReason.TooManyValues => Say(language, "The {0} of the code has too many values.", "许可码的{0}包含过多的值。", part),
            CodeFaultReason.TrailingBytes => Say(language, "The {0} of the code has something after its end.", "许可码的{0}末尾有多余内容。", part),
            CodeFaultReason.NotAnObject => Say(language, "The {0} of the code is not a JSON object.", "许可码的{0}不是 JSON 对象。", part),
            CodeFaultReason.MissingMember => Say(language, "The {0} of the code lacks \"{1}\".", "许可码的{0}缺少“{1}”。", part, member),
            CodeFaultReason.InvalidMember => Say(
                language, "In the {0} of the code, \"{1}\" has a value that is not allowed.", "许可码的{0}中，“{1}”的值不合规定。", part, member),
            CodeFaultReason.CriticalExtension => Say(
                language, "The code demands an extension (\"crit\") that does not exist for license codes.", "许可码要求不存在的扩展（“crit”）。"),
            CodeFaultReason.InvalidCertificate => Say(
                language, "The key certificate in the code (\"cert\") cannot be read.", "无法读取许可码中的密钥证书（“cert”）。"),
            CodeFaultReason.UnknownRoot => Say(
                language, "The signing key {0} is not certified by a root key of this software.", "签名密钥 {0} 未经本软件内置的根密钥认证。", key),
            CodeFaultReason.RevokedKey => Say(
                language, "The signing key {0} is revoked: its serial is {1}, the lowest good one is {2} (min-serial).",
                "签名密钥 {0} 已被吊销：其序号为 {1}，最低有效序号为 {2}（min-serial）。", key, serial, fault.MinimumSerial),
            CodeFaultReason.KeyIdMismatch => Say(
                language, "The code names another key (\"kid\") than its certificate, {0}.", "许可码声明的密钥（“kid”）与其证书的密钥 {0} 不一致。", key),
            CodeFaultReason.WrongUsage => Say(language, "The signing key {0} may not sign license codes.", "签名密钥 {0} 无权签发许可码。", key),
            CodeFaultReason.OutsideWindow => Say(
                language, "The code was issued at {1} (iat); the signing key {0} may sign from {2} until before {3}.",
                "许可码签发于 {1}（iat）；签名密钥 {0} 的有效期自 {2} 起，至 {3} 之前。",
                key, Date(fault.IssuedAt), Date(fault.Certificate!.NotBefore), Date(fault.Certificate.NotAfter)),
            _ => Say(language, "The signature does not fit: the code was changed after the key {0} signed it.", "签名不匹配：许可码在密钥 {0} 签名后被改动。", key),
        };

        if (fault?.Position >= 0)
        {
            text += Say(language, " Position: {0}.", "位置：{0}。", fault.Position);
        }

        return fault is null ? text : text + Say(language, " Checked at {0}.", "检查时间 {0}。", Date(checkedAt));
    }

    private static string Part(CodePart part, LicenseLanguage language) => part switch
    {
        CodePart.Header => Say(language, "header", "头部"),
        CodePart.Payload => Say(language, "payload", "载荷"),
        CodePart.Signature => Say(language, "signature", "签名"),
        _ => Say(language, "text", "文本"),
    };

    // What can be seen and is ASCII as it is; the rest by its number, as it may be invisible, or turn around what follows in a log.
    private static string Character(int character, LicenseLanguage language)
    {
        var name = character switch
        {
            > ' ' and < 0x7F => ((char)character).ToString(),
            0x00A0 => Say(language, "no-break space", "不换行空格"),
            0x00AD => Say(language, "soft hyphen", "软连字符"),
            0x200B => Say(language, "zero-width space", "零宽空格"),
            0x200C or 0x200D or 0x2060 => Say(language, "zero-width character", "零宽字符"),
            >= 0x2010 and <= 0x2015 or 0x2212 => Say(language, "a dash that is not \"-\"", "不是“-”的连字符或破折号"),
            >= 0x2018 and <= 0x201F or 0x00AB or 0x00BB => Say(language, "quotation mark", "引号"),
            0x2028 or 0x2029 => Say(language, "line separator", "行分隔符"),
            0x3000 => Say(language, "full-width space", "全角空格"),
            0xFEFF => Say(language, "byte order mark", "字节顺序标记"),
            >= 0xFF01 and <= 0xFF5E => Say(language, "full-width character", "全角字符"),
            _ => null,
        };
        var number = string.Format(CultureInfo.InvariantCulture, "U+{0:X4}", character);
        return name is null ? number : number + Say(language, " ({0})", "（{0}）", name);
    }

    // A certificate may end with the year 9999, one second after the last that has a date.
    private static string Date(long seconds) => Date(DateTimeOffset.FromUnixTimeSeconds(Math.Min(seconds, KeyCertificate.LatestSecond)));

    public static string Date(DateTimeOffset? instant) =>
        instant is { } value ? value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "";

    public static string Say(LicenseLanguage language, string english, string chinese, params object[] values)
    {
        var text = language == LicenseLanguage.Chinese ? chinese : english;
        return values.Length == 0 ? text : string.Format(CultureInfo.InvariantCulture, text, values);
    }
}
