// Reads a license code and says whether this product may be used: what a vendor's own software does at start, as a command.
//
//   OfflineVerify --root la-root-1:… [--root …] --product com.example.editor [--accept-test] [--refresh] [--fingerprint <text>]…
//                 [--status-list <file>] [--report] [<file>]
//
// --root up to four times: the root key in use, its standby, and older ones. The file is a license code or a license file (.lic), which may bring a status list;
// without one the text is read from standard input. --status-list names a file with a status list, by itself or in a license file; of several lists the newest
// counts. --refresh first fetches the newest code and status list from the authority and keeps them in the file: the code by itself, or both in a license file, as
// it was. --report prints every check. LICENSE_ROOT_KEY and LICENSE_PRODUCT stand in for the first two options; shipped software has both as constants. Exit code:
// 0 only if the license is valid and the authority, where it was asked and answered, says that it is active; 1 if not; 2 if the command was not understood.
using System.Text;
using LicenseAuthority.Client;

var roots = new List<string>();
var product = Environment.GetEnvironmentVariable("LICENSE_PRODUCT");
var options = new LicenseVerifierOptions();
var fingerprints = new List<string>();
string? file = null;
string? listFile = null;
var refresh = false;
var report = false;

Console.OutputEncoding = Encoding.UTF8;
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--root" when i + 1 < args.Length:
            roots.Add(args[++i]);
            break;
        case "--product" when i + 1 < args.Length:
            product = args[++i];
            break;
        case "--fingerprint" when i + 1 < args.Length:
            fingerprints.Add(args[++i]);
            break;
        case "--status-list" when i + 1 < args.Length && listFile is null:
            listFile = args[++i];
            break;
        case "--report":
            report = true;
            break;
        case "--accept-test":
            options.AcceptTestLicenses = true;
            break;
        case "--refresh":
            refresh = true;
            break;
        case var name when file is null && !name.StartsWith('-'):
            file = name;
            break;
        default:
            return Fail($"cannot use \"{args[i]}\" here", "usage: OfflineVerify --root <line>... --product <id> [--accept-test] [--refresh] [--fingerprint <text>]... [--status-list <file>] [--report] [<file>]");
    }
}

if (roots.Count == 0 && Environment.GetEnvironmentVariable("LICENSE_ROOT_KEY") is { Length: > 0 } root)
{
    roots.Add(root);
}

if (roots.Count == 0)
{
    return Fail("there is no root key", "pass --root la-root-1:... or set LICENSE_ROOT_KEY");
}

if (string.IsNullOrEmpty(product))
{
    return Fail("there is no product id", "pass --product <id> or set LICENSE_PRODUCT");
}

// One verifier per process: it remembers what it has verified. A wrong root key or product id throws here, at the developer's desk.
LicenseVerifier verifier;
try
{
    verifier = new LicenseVerifier(roots, product, options);
}
catch (ArgumentException exception)
{
    return Fail(exception.Message, "the license authority prints the line when its keys are made");
}

string text;
string? listText = null;
try
{
    text = file is null ? Console.In.ReadToEnd() : File.ReadAllText(file);
    listText = listFile is null ? null : File.ReadAllText(listFile);
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    return Fail(exception.Message, "pass the path of a file that holds a license code, or pipe the code in");
}

// None of this ever throws, whatever the texts are.
LicenseFile held = LicenseFile.Parse(text);
LicenseCheck check = verifier.Check(held.GetCode(), fingerprints);

// The newest genuine list that the code names.
LicenseStatusList? list = null;
string? listToken = null;
List<string> listRemarks = [];
Take(held.GetStatusList(), "in the license file");
if (listText is not null)
{
    Take(LicenseFile.Parse(listText).GetStatusList() ?? listText, $"in {listFile}");
}

check = verifier.Check(held.GetCode(), list, fingerprints);

// The state of the license at the authority; null if it was not asked, or did not answer.
string? state = null;
string? remark = null;

// Also an expired code may be exchanged. What comes back counts only if it is genuine, for the same license and not older: the newest is the one that was
// issued last, Generation is for people. But for a code that was made while the authority's clock was ahead: it is void, and the one that counts looks older.
if (refresh && check.License is { } known)
{
    (var newest, state, var newestList, remark) = await CodeRefresh.FetchAsync(known, list?.Sequence);
    var code = known;
    var fetchedCheck = verifier.Check(newest, fingerprints);
    var sentList = newestList is not null && verifier.CheckStatusList(newestList) is { IsGenuine: true } sent ? sent.List : list;
    if (fetchedCheck.License is { } fetched && fetched.LicenseId == known.LicenseId
        && (fetched.IssuedAt >= known.IssuedAt || (IsVoid(known.GetText(), sentList) && !IsVoid(newest, sentList))))
    {
        // Another list may be named by the new code.
        code = fetched;
        check = fetchedCheck;
        (list, listToken) = list?.Uri == fetched.StatusListUri ? (list, listToken) : (null, null);
    }

    var before = list;
    Take(newestList, "that the authority sent");
    check = verifier.Check(code.GetText(), list, fingerprints);

    // A file with a code by itself stays one: all of its text is the code.
    var isLicenseFile = held.GetCode() != text.TrimStart('\uFEFF');
    if (file is not null && (code.GetText() != known.GetText() || (isLicenseFile && list != before)))
    {
        try
        {
            CodeFile.Replace(file, isLicenseFile ? CodeFile.ToLicenseFile(code.GetText(), listToken) : code.GetText());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The new code counts now; the next start fetches it again.
            remark += $"; its newest code could not be kept in {file}: {exception.Message}";
        }
    }
}

// A code cannot know what was decided after it was made: a revoked license still has a good code. Who asks the authority must heed the answer.
var denied = state is not (null or "Active");
if (denied)
{
    Console.WriteLine($"Refused:   the authority says that the license is {state}. Do not use the software.");
    Console.WriteLine($"           授权机构答复该许可的状态为 {state}，请勿使用本软件。");
}

if (remark is not null)
{
    Console.WriteLine($"Refresh:   {remark}");
}

foreach (var line in listRemarks)
{
    Console.WriteLine($"List:      {line}");
}

if (!held.IsWellFormed)
{
    Console.WriteLine($"File:      {held.GetEvidence(LicenseLanguage.English)}");
    Console.WriteLine($"           {held.GetEvidence(LicenseLanguage.Chinese)}");
}

Console.WriteLine($"Outcome:   {check.Outcome}");
Console.WriteLine($"Evidence:  {check.GetEvidence(LicenseLanguage.English)}");
Console.WriteLine($"           {check.GetEvidence(LicenseLanguage.Chinese)}");
Console.WriteLine($"Advice:    {check.GetAdvice(LicenseLanguage.English)}");
Console.WriteLine($"           {check.GetAdvice(LicenseLanguage.Chinese)}");
if (denied && check.IsValid)
{
    Console.WriteLine($"Authority: {state}. The code alone is valid, the license is not: do not use the software.");
    Console.WriteLine($"           {state}。许可码本身有效，但许可已无效：请勿使用本软件。");
}

if (check.License is { } license)
{
    // Genuine, but perhaps not valid: these facts are for showing. Unlock nothing before check.IsValid.
    Console.WriteLine($"License:   {license.LicenseId}, code {license.Generation}{(license.IsTrial ? ", trial" : "")}{(license.IsTest ? ", test" : "")}");
    Console.WriteLine($"Product:   {license.ProductId}");
    Console.WriteLine($"Customer:  {license.CustomerId} {license.CustomerName}".TrimEnd());
    Console.WriteLine($"Quantity:  {license.Quantity}");
    Console.WriteLine($"Expires:   {license.ExpiresAt?.ToString("u") ?? "never"}");
    if (license.IsLeased)
    {
        Console.WriteLine($"Lease:     of this device; the license itself expires: {license.TermEndsAt?.ToString("u") ?? "never"}");
    }

    foreach (var name in license.Entitlements.Names)
    {
        Console.WriteLine($"Entitled:  {name} = {Describe(license.Entitlements, name)}");
    }
}

if (report)
{
    Console.WriteLine();
    Console.WriteLine(check.GetReport(LicenseLanguage.English));
    Console.WriteLine(check.GetReport(LicenseLanguage.Chinese));
}

return check.IsValid && !denied ? 0 : 1;

// Of a time that has not come, or over by the list.
bool IsVoid(string? code, LicenseStatusList? by) =>
    verifier.Check(code, fingerprints).Outcome == LicenseOutcome.ClockRolledBack || verifier.Check(code, by, fingerprints).Outcome == LicenseOutcome.Revoked;

// A list that is not genuine, of other codes or not newer than the one at hand is left alone; but nobody passes one for nothing, so it is said.
void Take(string? token, string where)
{
    if (token is null)
    {
        return;
    }

    var checkedList = verifier.CheckStatusList(token);
    if (!checkedList.IsGenuine)
    {
        listRemarks.Add($"the status list {where} does not count: {checkedList.GetEvidence(LicenseLanguage.English)}");
    }
    else if (check.License is { } named && checkedList.List.Uri != named.StatusListUri)
    {
        listRemarks.Add($"the status list {where} does not count: it is {checkedList.List.Uri}, and the code names {named.StatusListUri ?? "none"}");
    }
    else if (list is null || checkedList.List.Sequence > list.Sequence)
    {
        (list, listToken) = (checkedList.List, string.Concat(token.Where(character => !char.IsWhiteSpace(character))));
    }
}

static string Describe(LicenseEntitlements entitlements, string name) =>
    entitlements.TryGetInt64(name, out var number) ? $"{number}"
    : entitlements.TryGetBoolean(name, out var flag) ? (flag ? "yes" : "no")
    : entitlements.TryGetString(name, out var text) ? text
    : entitlements.TryGetStrings(name, out var texts) ? string.Join(", ", texts)
    : "";

static int Fail(string problem, string hint)
{
    Console.Error.WriteLine($"error: {problem}");
    Console.Error.WriteLine($"hint: {hint}");
    return 2;
}
