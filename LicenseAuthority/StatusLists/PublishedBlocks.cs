using LicenseAuthority.Codes;

namespace LicenseAuthority.StatusLists;

/// <summary>
/// Blocks of entries whose list can be fetched: no code leaves before the list that it names is published, and none before whoever keeps the mark knows that
/// its entry is taken.
/// </summary>
internal sealed class PublishedBlocks(
    IStatusBlockStore blocks, StatusListPublisher publisher, StatusListBoard board, IEnumerable<IStatusListMark> marks) : IStatusBlockStore
{
    private readonly IStatusListMark[] _marks = [.. marks];
    private readonly Lock _gate = new();

    // Drawn, and not yet known to the mark or not yet published: drawn durably, so where that fails again and again a new one each time would use up the list.
    private StatusBlock? _untold;
    private int _discards;

    /// <inheritdoc/>
    public async Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken)
    {
        var block = await TakeOrDrawAsync(cancellationToken);
        foreach (var mark in _marks)
        {
            await mark.DrawnAsync(block.List, block.First + block.Count, cancellationToken);
        }

        if (!board.Serves(block.List))
        {
            await publisher.PublishAsync(block.List, cancellationToken);
        }

        lock (_gate)
        {
            _untold = _untold == block ? null : _untold;
        }

        return block;
    }

    /// <summary>A block that was drawn before this is handed out no more.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _discards++;
            _untold = null;
        }
    }

    private async Task<StatusBlock> TakeOrDrawAsync(CancellationToken cancellationToken)
    {
        int discards;
        lock (_gate)
        {
            if (_untold is { } before)
            {
                return before;
            }

            discards = _discards;
        }

        var block = await blocks.DrawBlockAsync(cancellationToken);
        lock (_gate)
        {
            if (discards == _discards)
            {
                _untold = block;
            }
        }

        return block;
    }
}
