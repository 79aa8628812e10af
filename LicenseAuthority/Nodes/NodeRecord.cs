namespace LicenseAuthority.Nodes;

/// <summary>A process that serves the database.</summary>
internal sealed record NodeRecord(string Name, NodeSettings Settings);
