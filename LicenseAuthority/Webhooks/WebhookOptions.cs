namespace LicenseAuthority.Webhooks;

/// <summary>The configuration section <c>Webhooks</c>.</summary>
internal sealed class WebhookOptions
{
    public const string SectionName = "Webhooks";

    /// <summary>
    /// Whether webhooks may go to addresses inside the network, also over http. Default: no. Then whoever may add webhooks can reach what this machine can.
    /// </summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>How long a receiver has to answer, 1 second to 1 minute. Default: 15 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);
}
