using System.Text;
using LicenseAuthority.Client.Format;

namespace LicenseAuthority.Client;

/// <summary>The report of a check: every step of the verification, in its order, with what became of it.</summary>
internal static class LicenseReport
{
    /// <summary>The steps, in the order in which they are made: the first that fails is the outcome.</summary>
    private enum Step
    {
        Form,
        Root,
        KeySerial,
        KeyId,
        Usage,
        Signature,
        Claims,
        Window,
        Product,
        Test,
        Activation,
        Device,
        Clock,
        Begin,
        Grace,
        Revoked,
        Term,
        Suspended,
        StatusAge,

        // Nothing failed.
        None,
    }

    /// <summary>Writes the report; a line feed behind each line.</summary>
    public static string Write(in LicenseCheck check, LicenseLanguage language)
    {
        var failed = FailedStep(check);
        var report = new StringBuilder()
            .Append(LicenseTexts.Say(language, "License check at {0}: {1}", "许可检查（{0}）：{1}", LicenseTexts.Date(check.CheckedAt), check.Outcome)).Append('\n');
        for (var step = Step.Form; step < Step.None; step++)
        {
            report.Append(Mark(check, step, failed, language)).Append(Name(step, language));
            if (check.License is { } license)
            {
                report.Append(language == LicenseLanguage.Chinese ? "：" : ": ").Append(Detail(check, license, step, language));
            }

            report.Append('\n');
        }

        return report.Append(check.GetEvidence(language)).Append('\n').Append(check.GetAdvice(language)).Append('\n').ToString();
    }

    private static string Mark(in LicenseCheck check, Step step, Step failed, LicenseLanguage language)
    {
        // A check of the status that no list could answer was made, and neither passed nor failed: what is not denied is allowed.
        var unanswered = step is Step.Revoked or Step.Suspended && check.Status.List is null || step == Step.StatusAge && check.StatusUnknownSince is not null;
        return step == failed ? LicenseTexts.Say(language, "[failed]   ", "[未通过] ")
            : step > failed ? LicenseTexts.Say(language, "[not made] ", "[未检查] ")
            : unanswered ? LicenseTexts.Say(language, "[unknown]  ", "[未知]   ")
            : LicenseTexts.Say(language, "[passed]   ", "[通过]   ");
    }

    private static Step FailedStep(in LicenseCheck check) => check.License is null
        ? FailedStep(check.Fault)
        : check.Outcome switch
        {
            LicenseOutcome.WrongProduct => Step.Product,
            LicenseOutcome.TestLicense => Step.Test,
            LicenseOutcome.NotActivated => Step.Activation,
            LicenseOutcome.WrongDevice => Step.Device,
            LicenseOutcome.ClockRolledBack => Step.Clock,
            LicenseOutcome.NotYetValid => Step.Begin,
            LicenseOutcome.Expired => Step.Grace,
            LicenseOutcome.Revoked => Step.Revoked,
            LicenseOutcome.Frozen => Step.Term,
            LicenseOutcome.Suspended => Step.Suspended,
            LicenseOutcome.StatusListTooOld => Step.StatusAge,
            _ => Step.None,
        };

    private static Step FailedStep(CodeFault? fault) => fault?.Reason switch
    {
        CodeFaultReason.UnknownRoot => Step.Root,
        CodeFaultReason.RevokedKey => Step.KeySerial,
        CodeFaultReason.KeyIdMismatch => Step.KeyId,
        CodeFaultReason.WrongUsage => Step.Usage,
        CodeFaultReason.SignatureMismatch => Step.Signature,
        CodeFaultReason.OutsideWindow => Step.Window,

        // The payload's base64url belongs to the form of the text.
        not (null or CodeFaultReason.InvalidBase64Url) when fault.Part == CodePart.Payload => Step.Claims,
        _ => Step.Form,
    };

    private static string Name(Step step, LicenseLanguage language) => step switch
    {
        Step.Form => LicenseTexts.Say(language, "form of the text", "文本格式"),
        Step.Root => LicenseTexts.Say(language, "signing key certified by a built-in root key", "签名密钥经内置根密钥认证"),
        Step.KeySerial => LicenseTexts.Say(language, "signing key not revoked", "签名密钥未被吊销"),
        Step.KeyId => LicenseTexts.Say(language, "key id", "密钥标识"),
        Step.Usage => LicenseTexts.Say(language, "signing key may sign license codes", "签名密钥有权签发许可码"),
        Step.Signature => LicenseTexts.Say(language, "signature", "签名"),
        Step.Claims => LicenseTexts.Say(language, "claims", "声明"),
        Step.Window => LicenseTexts.Say(language, "issued while the key might sign", "签发时间在密钥有效期内"),
        Step.Product => LicenseTexts.Say(language, "product", "产品"),
        Step.Test => LicenseTexts.Say(language, "test license", "测试许可"),
        Step.Activation => LicenseTexts.Say(language, "activation", "激活"),
        Step.Device => LicenseTexts.Say(language, "device", "设备"),
        Step.Clock => LicenseTexts.Say(language, "clock of this computer", "本机时钟"),
        Step.Begin => LicenseTexts.Say(language, "begin of the term", "生效时间"),
        Step.Grace => LicenseTexts.Say(language, "time to renew", "续费期限"),
        Step.Revoked => LicenseTexts.Say(language, "code still good, by the status list", "许可码未失效（状态列表）"),
        Step.Term => LicenseTexts.Say(language, "end of the term", "到期时间"),
        Step.Suspended => LicenseTexts.Say(language, "not suspended, by the status list", "未暂停使用（状态列表）"),
        _ => LicenseTexts.Say(language, "status known", "状态已知"),
    };

    private static string Detail(in LicenseCheck check, LicenseCode license, Step step, LicenseLanguage language)
    {
        var status = check.Status;
        return step switch
        {
            Step.Form => LicenseTexts.Say(language, "a license code", "许可码"),
            Step.Root => LicenseTexts.Say(language, "certificate {0}", "证书 {0}", license.Certificate.Serial),
            Step.KeySerial => LicenseTexts.Say(language, "serial {0}", "序号 {0}", license.Certificate.Serial),
            Step.KeyId => license.KeyId,
            Step.Usage => LicenseTexts.Say(language, "license codes", "许可码"),
            Step.Signature => "Ed25519",
            Step.Claims => LicenseTexts.Say(language, "license {0}, code {1} (gen)", "许可 {0}，编号 {1}（gen）", license.LicenseId, license.Generation),
            Step.Window => LicenseTexts.Say(language, "{0} (iat)", "{0}（iat）", LicenseTexts.Date(license.IssuedAt)),
            Step.Product => LicenseTexts.Say(
                language, "\"{0}\" (aud), this is \"{1}\"", "“{0}”（aud），本产品为“{1}”", license.ProductId, check.ExpectedProductId),
            Step.Test => license.IsTest ? LicenseTexts.Say(language, "yes (test)", "是（test）") : LicenseTexts.Say(language, "no", "否"),
            Step.Activation => license.RequiresActivation
                ? LicenseTexts.Say(language, "demanded (act)", "须激活（act）")
                : LicenseTexts.Say(language, "not demanded by the code", "许可码不要求激活"),
            Step.Device when license.DeviceIds.Count == 0 => LicenseTexts.Say(language, "not bound", "未绑定"),
            Step.Device => LicenseTexts.Say(
                language, "{0} of {1} properties (dev) found, {2} needed (devk)", "匹配 {1} 项设备特征（dev）中的 {0} 项，须匹配 {2} 项（devk）",
                check.DeviceMatches, license.DeviceIds.Count, license.RequiredDeviceMatches),
            Step.Clock => LicenseTexts.Say(
                language, "{0}; the latest signed time is {1}", "{0}；最近的签名时间为 {1}", LicenseTexts.Date(check.CheckedAt),
                LicenseTexts.Date(status.List is { } list && list.IssuedAt > license.IssuedAt ? list.IssuedAt : license.IssuedAt)),
            Step.Begin => license.NotBefore is { } begin
                ? LicenseTexts.Say(language, "{0} (nbf)", "{0}（nbf）", LicenseTexts.Date(begin))
                : LicenseTexts.Say(language, "when the code was made", "签发时"),
            Step.Grace => license.GraceEndsAt is { } grace
                ? LicenseTexts.Say(language, "until before {0} (grace)", "{0} 之前（grace）", LicenseTexts.Date(grace))
                : LicenseTexts.Say(language, "never ends", "无期限"),
            Step.Term when license.IsLeased => LicenseTexts.Say(
                language, "this device's lease until before {0} (exp), the license {1}", "本设备的租用至 {0} 之前（exp），许可 {1}", LicenseTexts.Date(license.ExpiresAt),
                license.TermEndsAt is { } term
                    ? LicenseTexts.Say(language, "until before {0} (term)", "至 {0} 之前（term）", LicenseTexts.Date(term))
                    : LicenseTexts.Say(language, "for ever", "永久有效")),
            Step.Term => license.ExpiresAt is { } end
                ? LicenseTexts.Say(language, "until before {0} (exp)", "{0} 之前（exp）", LicenseTexts.Date(end))
                : LicenseTexts.Say(language, "does not expire", "永久有效"),
            Step.StatusAge when check.StatusUnknownSince is { } since => LicenseTexts.Say(
                language, "unknown since {0}", "自 {0} 起未知", LicenseTexts.Date(since)),
            Step.StatusAge => LicenseTexts.Say(language, "known", "已知"),
            _ when status.List is { } counts => LicenseTexts.Say(
                language, "list number {0} (seq), made {1} (iat), entry {2} (idx)", "列表编号 {0}（seq），生成于 {1}（iat），第 {2} 项（idx）",
                counts.Sequence, LicenseTexts.Date(counts.IssuedAt), license.StatusListIndex!),
            _ => LicenseTexts.Standing(check, license, language),
        };
    }
}
