namespace LicenseAuthority.Storage;

/// <summary>Makes a value of a row. Give a <c>static</c> lambda: it is allocated once.</summary>
internal delegate T RowReader<out T>(Row row);
