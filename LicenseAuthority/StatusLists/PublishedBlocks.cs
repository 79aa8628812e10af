using LicenseAuthority.Codes;

namespace LicenseAuthority.StatusLists;

/// <summary>
/// Blocks of entries whose list can be fetched: no code leaves before the list that it names is published, and none before whoever keeps the mark knows that
/// its entry is taken.
/// </summary>
internal sealed class PublishedBlocks(IStatusBlockStore blocks, StatusListPublisher publisher, StatusListBoard board, IEnumerable<IStatusListMark> marks) : IStatusBlockStore
{
    private readonly IStatusListMark[] _marks = [.. marks];

    /// <inheritdoc/>
    public async Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken)
    {
        var block = await blocks.DrawBlockAsync(cancellationToken);
        foreach (var mark in _marks)
        {
            await mark.DrawnAsync(block.List, block.First + block.Count, cancellationToken);
        }

        if (!board.Serves(block.List))
        {
            await publisher.PublishAsync(block.List, cancellationToken);
        }

        return block;
    }
}
