-- What SQLite needs here, PostgreSQL does by itself: nothing changes. The numbers of both are the same.
SELECT 1;
