namespace LicenseAuthority.Outbox;

/// <summary>Wakes the dispatcher of this node.</summary>
internal sealed class OutboxSignal : WakeSignal;
