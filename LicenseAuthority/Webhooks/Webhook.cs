namespace LicenseAuthority.Webhooks;

/// <summary>A subscription: which events go where. Immutable.</summary>
internal sealed record Webhook
{
    /// <summary><c>whk_</c> + ULID.</summary>
    public required string Id { get; init; }

    /// <summary>Where to. It may hold a token in its path or query: shown to operators, never logged.</summary>
    public required Uri Url { get; init; }

    /// <summary>What it wants to hear of, of <see cref="WebhookEvents.All"/>; at least one, each once.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>The secret, as <see cref="WebhookSecrets"/> encrypts it.</summary>
    public required byte[] EncryptedSecret { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    /// <summary>Since when nothing is sent, or null.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>Why nothing is sent, or null.</summary>
    public string? DisabledReason { get; init; }

    /// <summary>When an operator deleted it, or null. Such a one is kept only until its messages are gone.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Whether events go there.</summary>
    public bool IsOpen => DisabledAt is null && DeletedAt is null;

    /// <summary>Says which one; neither the secret nor the URL.</summary>
    public override string ToString() => $"webhook {Id}";
}
