namespace LicenseAuthority.Licensing;

/// <summary>A stored event.</summary>
/// <param name="Number">Rises with every event of the store.</param>
/// <param name="At">When it happened.</param>
/// <param name="Type">The word of its type.</param>
/// <param name="Source">The call behind it.</param>
/// <param name="BeforeJson">The facts that it changed, as they were, as a JSON object; or null.</param>
/// <param name="AfterJson">The facts that it changed, as they became; or null.</param>
/// <param name="Remark">A reason, or null.</param>
internal sealed record EventRecord(
    long Number, DateTimeOffset At, string Type, CallSource Source, string? BeforeJson, string? AfterJson, string? Remark);
