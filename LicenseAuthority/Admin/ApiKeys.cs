using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace LicenseAuthority.Admin;

/// <summary>The API keys of the admin door. Only a hash of a key is kept. Immutable.</summary>
internal sealed class ApiKeys
{
    /// <summary>The id of the key from the setting, as it stands in events: who did it.</summary>
    public const string BootstrapKeyId = "bootstrap";

    private const int ShortestKey = 32;

    private readonly byte[]? _bootstrapHash;

    private ApiKeys(string? bootstrapKey, string? generated)
    {
        _bootstrapHash = bootstrapKey is null ? null : Hash(bootstrapKey);
        Generated = generated;
    }

    /// <summary>The key that was made at this start, to be shown once on the console; null when one is configured.</summary>
    public string? Generated { get; }

    /// <summary>Takes the key from the setting, or makes one in Development. <see cref="ConfigurationException"/> for one that is short or cannot be sent.</summary>
    public static ApiKeys From(AdminOptions options, IHostEnvironment environment)
    {
        const string Remedy = "Set Admin__BootstrapApiKey to a long random text, such as the output of: openssl rand -base64 32";
        if (!string.IsNullOrEmpty(options.BootstrapApiKey))
        {
            // Such as the line end of a file: no header can carry it, so nobody could ever send this key.
            if (options.BootstrapApiKey.Any(character => character is <= ' ' or > '~'))
            {
                throw new ConfigurationException($"Admin:BootstrapApiKey has white space or characters beyond ASCII in it. {Remedy}");
            }

            SettingText.RequireClean($"{AdminOptions.SectionName}:{nameof(AdminOptions.BootstrapApiKey)}", options.BootstrapApiKey);
            return options.BootstrapApiKey.Length >= ShortestKey
                ? new ApiKeys(options.BootstrapApiKey, generated: null)
                : throw new ConfigurationException($"Admin:BootstrapApiKey has fewer than {ShortestKey} characters. {Remedy}");
        }

        var generated = environment.IsDevelopment() ? "la_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)) : null;
        return new ApiKeys(generated, generated);
    }

    /// <summary>Whether there is no key at all, so that nobody can come in.</summary>
    public bool IsDoorClosed => _bootstrapHash is null;

    /// <summary>The id of the key in an <c>Authorization</c> header (RFC 6750), or null.</summary>
    public string? FindKeyId(string? authorization)
    {
        const string Scheme = "Bearer ";
        return _bootstrapHash is not null
            && authorization is not null
            && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(_bootstrapHash, Hash(authorization[Scheme.Length..].Trim()))
            ? BootstrapKeyId
            : null;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
