namespace LicenseAuthority.Codes;

/// <summary>
/// Allots a status list entry to every code. An entry is never used twice: its block was drawn durably before, and what a crash or a lost race leaves
/// unused stays a gap. Thread-safe.
/// </summary>
internal sealed class StatusIndexes(IStatusBlockStore blocks) : IDisposable
{
    private readonly SemaphoreSlim _drawing = new(1, 1);
    private volatile Cursor? _cursor;

    /// <summary>The next entry.</summary>
    public async ValueTask<(int List, int Index)> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var cursor = _cursor;
            if (cursor is not null && cursor.TryTake(out var index))
            {
                return (cursor.Block.List, index);
            }

            await DrawAsync(cursor, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _drawing.Dispose();

    private async Task DrawAsync(Cursor? empty, CancellationToken cancellationToken)
    {
        await _drawing.WaitAsync(cancellationToken);
        try
        {
            if (_cursor == empty)
            {
                var block = await blocks.DrawBlockAsync(cancellationToken);
                var permutation = empty is not null && empty.Block.List == block.List
                    ? empty.Permutation
                    : new StatusIndexPermutation(block.PermutationKey);
                _cursor = new Cursor(block, permutation);
            }
        }
        finally
        {
            _drawing.Release();
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
