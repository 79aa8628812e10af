namespace LicenseAuthority.Keys;

/// <summary>The rules for the passphrase of the private keys.</summary>
internal static class KeyPassphrase
{
    /// <summary>The environment variable that carries it, as the messages name it.</summary>
    public const string Variable = "Keys__Passphrase";

    /// <summary>Least length of a passphrase for new keys.</summary>
    public const int MinimumLength = 12;

    /// <summary>
    /// Public, and meant to be: a key file that opens with it is a development key, whatever its name and wherever it was copied to.
    /// </summary>
    public const string Development = "license-authority development keys are public";

    /// <summary>The environment variable with the one that "keys passphrase" changes to.</summary>
    public const string NewVariable = "Keys__NewPassphrase";

    /// <summary>Why this passphrase must not protect new keys, together with the remedy; null when it may.</summary>
    /// <param name="passphrase">The passphrase.</param>
    /// <param name="variable">Where it comes from.</param>
    public static string? FindFault(string? passphrase, string variable = Variable)
    {
        var remedy = $"Set the environment variable {variable} to a passphrase of at least 12 characters (never pass it as an argument: "
            + "arguments are visible to every user of the machine).";
        if (string.IsNullOrEmpty(passphrase))
        {
            return $"There is no passphrase to encrypt the private keys with. {remedy}";
        }

        if (passphrase == Development)
        {
            return $"The passphrase is the public development passphrase, which protects nothing. {remedy}";
        }

        if (passphrase.Length < MinimumLength)
        {
            return $"The passphrase is too short. {remedy}";
        }

        // Such a character comes from a file with a line end or from careless quoting, and would be missing the next time.
        if (char.IsWhiteSpace(passphrase[0]) || char.IsWhiteSpace(passphrase[^1]) || passphrase.Any(char.IsControl))
        {
            return $"The passphrase begins or ends with white space, or contains a line end or another control character. {remedy}";
        }

        return null;
    }
}
