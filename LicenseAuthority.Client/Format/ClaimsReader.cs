namespace LicenseAuthority.Client.Format;

/// <summary>The claims of a license code: a payload whose signature is good → <see cref="LicenseCode"/>. Unknown claims are ignored.</summary>
internal static class ClaimsReader
{
    private const int MaximumIdLength = 64;
    private const int MaximumQuantity = 9_999_999;
    private const int MaximumGraceSeconds = 15 * 24 * 60 * 60;
    private const int MaximumDevices = 8;

    /// <summary>Reads the claims; null, with the first fault, when one is missing, has another type or is out of range.</summary>
    public static LicenseCode? Read(CodeText code, KeyCertificate certificate, out CodeFault? fault)
    {
        if (code.ReadPayload(out fault) is not { } payload)
        {
            return null;
        }

        var claims = new MemberReader(payload, CodePart.Payload);
        var devices = ReadDevices(claims);
        var required = (int?)claims.OptionalInteger("devk", 1, devices.Length);
        var (index, uri) = ReadStatus(claims);
        var license = new LicenseCode(certificate, code.Text)
        {
            Issuer = claims.RequiredText("iss"),
            ProductId = claims.RequiredText("aud"),
            LicenseId = claims.RequiredText("sub", MaximumIdLength),
            Generation = (int)claims.RequiredInteger("gen", 1, int.MaxValue),
            IssuedAt = claims.RequiredInstant("iat"),
            NotBefore = claims.OptionalInstant("nbf"),
            ExpiresAt = claims.OptionalInstant("exp"),
            Grace = TimeSpan.FromTicks((claims.OptionalInteger("grace", 0, MaximumGraceSeconds) ?? 0) * TimeSpan.TicksPerSecond),
            CustomerId = claims.RequiredText("cus", MaximumIdLength),
            CustomerName = claims.OptionalText("cn"),
            Quantity = (int)claims.RequiredInteger("qty", 1, MaximumQuantity),
            Entitlements = ReadEntitlements(claims),
            DeviceIds = devices.Length == 0 ? [] : Array.AsReadOnly(devices),
            RequiredDeviceMatches = required ?? devices.Length,
            IsLeased = claims.Flag("lease"),
            TermEndsAt = claims.OptionalInstant("term"),
            IsTest = claims.Flag("test"),
            IsTrial = claims.Flag("trial"),
            RequiresActivation = claims.Flag("act"),
            StatusListIndex = index,
            StatusListUri = uri,
        };

        // A lease ends, and the license that it is of does not end before it.
        if (license.IsLeased && license.ExpiresAt is null)
        {
            claims.Refuse("lease");
        }

        if (license.TermEndsAt is not null && (!license.IsLeased || license.TermEndsAt < license.ExpiresAt))
        {
            claims.Refuse("term");
        }

        fault = claims.Fault;
        return fault is null ? license : null;
    }

    private static string[] ReadDevices(MemberReader claims)
    {
        if (claims.Optional("dev") is not { } value)
        {
            return [];
        }

        if (value.Items.Count is 0 or > MaximumDevices)
        {
            claims.Refuse("dev");
            return [];
        }

        var devices = new string[value.Items.Count];
        for (var i = 0; i < devices.Length; i++)
        {
            var id = value.Items[i].Text;
            if (!DeviceBinding.IsId(id) || Array.IndexOf(devices, id, 0, i) >= 0)
            {
                claims.Refuse("dev");
            }

            devices[i] = id;
        }

        return devices;
    }

    private static LicenseEntitlements ReadEntitlements(MemberReader claims)
    {
        if (claims.Optional("ent") is not { } value)
        {
            return LicenseEntitlements.Empty;
        }

        if (value.Kind != JsonKind.Object)
        {
            claims.Refuse("ent");
        }

        foreach (var member in value.Members)
        {
            if (!IsEntitlement(member.Value))
            {
                claims.Refuse("ent");
            }
        }

        return new LicenseEntitlements(value.Members);
    }

    private static bool IsEntitlement(JsonValue value)
    {
        if (value.Kind != JsonKind.Array)
        {
            return value.Kind is JsonKind.Integer or JsonKind.Boolean or JsonKind.Text;
        }

        foreach (var item in value.Items)
        {
            if (item.Kind != JsonKind.Text)
            {
                return false;
            }
        }

        return true;
    }

    private static (int? Index, string? Uri) ReadStatus(MemberReader claims)
    {
        if (claims.Optional("status") is not { } status)
        {
            return (null, null);
        }

        if (status.Find("status_list") is not { Kind: JsonKind.Object } list)
        {
            claims.Refuse("status");
            return (null, null);
        }

        var members = new MemberReader(list, CodePart.Payload);
        var index = (int)members.RequiredInteger("idx", 0, int.MaxValue);
        var uri = members.RequiredText("uri");
        if (members.Fault is not null)
        {
            claims.Refuse("status");
        }

        return (index, uri);
    }
}
