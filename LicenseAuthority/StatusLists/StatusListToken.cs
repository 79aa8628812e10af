namespace LicenseAuthority.StatusLists;

/// <summary>A status list as it was signed, under one URI.</summary>
/// <param name="List">Number of the list.</param>
/// <param name="Uri">The URI that codes name it by, and its <c>sub</c>.</param>
/// <param name="Sequence">Its <c>seq</c>, which rises with every token of this URI.</param>
/// <param name="Text">The token: a JWT in JWS compact form.</param>
/// <param name="IssuedAt">Its <c>iat</c>.</param>
/// <param name="ExpiresAt">Its <c>exp</c>.</param>
/// <param name="KeySerial">The certificate of the key that signed it.</param>
internal sealed record StatusListToken(
    long List, string Uri, long Sequence, string Text, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt, long KeySerial);

/// <summary>Which token of a list is the newest.</summary>
/// <param name="List">Number of the list.</param>
/// <param name="Uri">The URI that codes name it by.</param>
/// <param name="Sequence">The <c>seq</c> of its newest token; 0 = none was published yet.</param>
internal sealed record StatusListHead(long List, string Uri, long Sequence);

/// <summary>A list, whatever became of it.</summary>
/// <param name="List">Its number.</param>
/// <param name="Drawn">How many positions were handed out, in blocks.</param>
/// <param name="PermutationKey">The list's secret 32 bytes, see <see cref="Codes.StatusIndexPermutation"/>.</param>
internal sealed record StatusListRecord(long List, int Drawn, byte[] PermutationKey);
