using System.CommandLine;
using LicenseAuthority.Commands;
using LicenseAuthority.Keys;
using LicenseAuthority.StatusLists;

namespace LicenseAuthority.Mark;

/// <summary>
/// The command <c>storage restored</c>: says that the database which the next start finds is another one than the mark beside the keys speaks of, or an older state of
/// it, though nothing may show it: a snapshot of the whole machine has an older mark too. Touches no database: the next start records the restore there.
/// </summary>
internal static class RestoredCommand
{
    private static readonly string[] Settings =
    [
        $"{KeyOptions.SectionName}:{nameof(KeyOptions.Directory)}",
        $"{StatusListOptions.SectionName}:{nameof(StatusListOptions.Directory)}",
        "contentRoot",
    ];

    public static Command Create(CommandDispatcher dispatcher) => dispatcher.Create(
        "restored",
        "Says, while all nodes are stopped, that the database was restored: the next start records it, and new codes go to a new status list. Also that it is meant to find "
        + "another database than the one that the mark beside the keys speaks of, or none. "
        + "The mark is the one of the settings StatusLists:Directory and Keys:Directory.",
        [],
        Settings,
        static async (_, given) =>
        {
            var mark = AuthorityMark.From(given.Configuration, given.ContentRoot);
            var before = await mark.RestoreAsync(given.Time.GetUtcNow());
            await given.Output.WriteLineAsync($"Recorded in {mark.FullPath}: the next start takes the database that it finds, or makes a new one, as restored in place of that of the authority {before.Authority}.");
            await given.Output.WriteLineAsync("Orders that are not in that database are unknown to it: their renewals are refused, and an order that the marketplace repeats is served anew.");
        });
}
