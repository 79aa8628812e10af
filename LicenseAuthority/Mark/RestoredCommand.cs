using System.CommandLine;
using LicenseAuthority.Commands;
using LicenseAuthority.Keys;
using LicenseAuthority.StatusLists;

namespace LicenseAuthority.Mark;

/// <summary>
/// The command <c>storage restored</c>: says that the database which the next start finds is meant, though it is not the one that the mark beside the keys
/// speaks of: a beginning from nothing, or from the backup of another authority. Touches no database.
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
        "Says that the next start is meant to find another database than the one that the mark beside the keys speaks of, or none. "
        + "The mark is the one of the settings StatusLists:Directory and Keys:Directory.",
        [],
        Settings,
        static async (_, given) =>
        {
            var mark = AuthorityMark.From(given.Configuration, given.ContentRoot);
            var before = mark.Restore(given.Time.GetUtcNow());
            await given.Output.WriteLineAsync($"Recorded in {mark.FullPath}: the next start takes the database that it finds, or makes a new one, in place of that of the authority {before.Authority}.");
            await given.Output.WriteLineAsync("Orders that are not in that database are unknown to it: their renewals are refused, and an order that the marketplace repeats is served anew.");
        });
}
