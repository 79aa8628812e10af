-- Nothing to do: SQLite compares text byte by byte. The numbers of both are the same.
SELECT 1;
