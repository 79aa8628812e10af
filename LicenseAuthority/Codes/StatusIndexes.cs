namespace LicenseAuthority.Codes;

/// <summary>
/// Allots a status list entry to every code. An entry is never used twice: its block was drawn durably before, and what a crash or a lost race leaves
/// unused stays a gap. Thread-safe.
/// </summary>
internal sealed class StatusIndexes(IStatusBlockStore blocks)
{
    private readonly Lock _gate = new();
    private volatile Cursor? _cursor;
    private Task? _drawing;
    private int _discards;

    /// <summary>The next entry.</summary>
    public async ValueTask<(long List, int Index)> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var cursor = _cursor;
            if (cursor is not null && cursor.TryTake(out var index))
            {
                return (cursor.Block.List, index);
            }

            await DrawOnceAsync(cursor).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Leaves the rest of the block: whoever comes from now on gets an entry of a block that is drawn after this.</summary>
    public void Discard()
    {
        lock (_gate)
        {
            _discards++;
            _cursor = null;
        }
    }

    // Everybody who waits shares one draw, its failure too: when the store hangs, they all hear of it after one time limit and not one after the other.
    private Task DrawOnceAsync(Cursor? empty)
    {
        lock (_gate)
        {
            if (_cursor != empty)
            {
                return Task.CompletedTask;
            }

            if (_drawing is null or { IsCompleted: true })
            {
                _drawing = DrawAsync(empty, _discards);
            }

            return _drawing;
        }
    }

    private async Task DrawAsync(Cursor? empty, int discards)
    {
        var block = await blocks.DrawBlockAsync(CancellationToken.None);
        var permutation = empty is not null && empty.Block.List == block.List
            ? empty.Permutation
            : new StatusIndexPermutation(block.PermutationKey);
        lock (_gate)
        {
            // Drawn before it was discarded: nobody gets an entry of it.
            if (discards == _discards)
            {
                _cursor = new Cursor(block, permutation);
            }
        }
    }

    private sealed class Cursor(StatusBlock block, StatusIndexPermutation permutation)
    {
        private int _taken;

        public StatusBlock Block => block;

        public StatusIndexPermutation Permutation => permutation;

        public bool TryTake(out int index)
        {
            var taken = Interlocked.Increment(ref _taken) - 1;
            var within = taken < block.Count;
            index = within ? permutation.IndexOf(block.First + taken) : -1;
            return within;
        }
    }
}
