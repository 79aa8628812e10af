using LicenseAuthority.Client.Format;
using LicenseAuthority.Licensing;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LicenseAuthority.Licensee;

/// <summary>What was found of a code that somebody shows: either it is known, or there is a problem to answer.</summary>
/// <param name="Verdict">What was found.</param>
/// <param name="Known">The code; null unless <see cref="ShownVerdict.Known"/>.</param>
/// <param name="Problem">The answer; null exactly then.</param>
internal sealed record ShownCode(ShownVerdict Verdict, KnownCode? Known, ProblemHttpResult? Problem);

/// <summary>A code that was issued here and is shown by somebody who has it, the newest of its binding or an older one.</summary>
/// <param name="Text">The code as it was shown, without white space.</param>
/// <param name="Issued">Its binding and its license.</param>
internal sealed record KnownCode(CodeText Text, IssuedCode Issued)
{
    /// <summary>Its license, as it is stored.</summary>
    public License License => Issued.Newest.License;

    /// <summary>The device that it is bound to; null = bound to none.</summary>
    public string? Device => Issued.Device;

    /// <summary>Shows the license, not the code.</summary>
    public override string ToString() => $"code of {License.Id}";
}

/// <summary>What can be found of a code that somebody shows.</summary>
internal enum ShownVerdict
{
    /// <summary>It was issued here, in exactly this spelling but for white space.</summary>
    Known,

    /// <summary>It was not issued here, or none was shown: 401, or 404 for what looks like a marketplace's code.</summary>
    Unknown,

    /// <summary>It was issued here, and a restored database does not know it: 409.</summary>
    Restored,

    /// <summary>Too often, by this binding or of unknown codes by this address: 429.</summary>
    TooOften,
}

/// <summary>Where a code is shown; the answer to a code that is not known depends on it.</summary>
internal enum ShownIn
{
    /// <summary>In the header Authorization.</summary>
    Header,

    /// <summary>In the body of a call, or in a file. A text without dots may be a marketplace's code.</summary>
    Body,

    /// <summary>In the body of a call by an operator, who has shown who it is: as <see cref="Body"/>, without limits.</summary>
    OperatorsBody,
}
