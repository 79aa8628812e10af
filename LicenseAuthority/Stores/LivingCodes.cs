using Dapper;
using LicenseAuthority.Licensing;
using LicenseAuthority.Storage;

namespace LicenseAuthority.Stores;

/// <summary>
/// Counts the codes that count: the newest of each binding (no device, or a device that has its place) of each license that is Active or Frozen.
/// </summary>
internal static class LivingCodes
{
    /// <summary>Whether the code <c>c</c> of the license <c>l</c> is the newest of its binding, and the binding's device has its place at <c>@now</c>.</summary>
    public const string IsNewest =
        $"""
        (c.generation = l.unbound_generation OR (c.device IS NOT NULL AND EXISTS (
            SELECT 1 FROM activations a WHERE a.id = c.device AND a.generation = c.generation AND {ActivationRow.HasPlace})))
        """;

    /// <summary>How many each certificate signed, by its serial; 0 is for those of which it was not recorded.</summary>
    /// <exception cref="StorageException">The database cannot be asked.</exception>
    public static Task<IReadOnlyDictionary<uint, long>> CountAsync(IConfiguration configuration, string contentRoot, TimeProvider time) =>
        ReadOnlyDatabase.ReadAsync<IReadOnlyDictionary<uint, long>>(
            configuration,
            contentRoot,
            async (connection, dialect) =>
            {
                var counts = await connection.QueryAsync<(long Serial, long Count)>(Select(dialect), new { now = time.GetUtcNow() });
                return counts.ToDictionary(static each => (uint)each.Serial, static each => each.Count);
            });

    private static string Select(SqlDialect dialect) =>
        $"""
        SELECT c.key_serial, COUNT(*)
        FROM codes c
        JOIN licenses l ON l.id = c.license_id
        WHERE CASE WHEN l.next_due_at > @now THEN l.state ELSE {LicenseQueries.StateWhenDue(dialect)} END
            IN ('{LicenseState.Active.ToWord()}', '{LicenseState.Frozen.ToWord()}')
            AND {IsNewest}
        GROUP BY c.key_serial
        """;
}
