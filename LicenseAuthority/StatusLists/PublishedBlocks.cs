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
    private volatile bool _isHeldUp;

    /// <summary>
    /// Whether the last block could not be handed out, since the mark or its list's token could not be kept: no code can be made until that goes again.
    /// </summary>
    public bool IsHeldUp => _isHeldUp;

    /// <inheritdoc/>
    public async Task<StatusBlock> DrawBlockAsync(CancellationToken cancellationToken)
    {
        var block = await TakeOrDrawAsync(cancellationToken);
        try
        {
            await TellAsync(block, cancellationToken);
        }
        catch
        {
            _isHeldUp = true;
            throw;
        }

        _isHeldUp = false;
        lock (_gate)
        {
            _untold = _untold == block ? null : _untold;
        }

        return block;
    }

    /// <summary>Tries again what was held up, without handing out a block: a node that is not ready gets no orders that would try it.</summary>
    public async Task RetryAsync(CancellationToken cancellationToken)
    {
        StatusBlock? block;
        lock (_gate)
        {
            block = _untold;
        }

        try
        {
            if (block is not null)
            {
                await TellAsync(block, cancellationToken);
            }

            _isHeldUp = false;
        }
        catch (Exception exception) when (exception is StoreBusyException or SigningException or IStoreFault)
        {
            // It stays held up; whoever was refused has told why.
        }
    }

    private async Task TellAsync(StatusBlock block, CancellationToken cancellationToken)
    {
        foreach (var mark in _marks)
        {
            await mark.DrawnAsync(block.List, block.First + block.Count, cancellationToken);
        }

        if (!board.Serves(block.List))
        {
            await publisher.PublishAsync(block.List, cancellationToken);
        }
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
