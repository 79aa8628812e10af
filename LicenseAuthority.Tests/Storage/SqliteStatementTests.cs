using LicenseAuthority.Storage;
using LicenseAuthority.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace LicenseAuthority.Tests.Storage;

internal sealed class SqliteStatementTests : StorageFixture
{
    private static readonly string?[] Texts = [null, "", "plain", "with \0 inside", "中文 ✓ 𝒳", new('长', 1_000), new('x', 100_000)];

    private static readonly long?[] Integers = [null, 0, -1, long.MinValue, long.MaxValue];

    private static readonly byte[]?[] Blobs = [null, [], [0], [1, 0, 255], new byte[10_000]];

    [TestCaseSource(nameof(Texts))]
    public void Bind_Text_ComesBackUnchanged(string? value)
    {
        Assert.That(Query("SELECT @value", static row => row.GetStringOrNull(0), value), Is.EqualTo(value));
    }

    [TestCaseSource(nameof(Integers))]
    public void Bind_Integer_ComesBackUnchanged(long? value)
    {
        Assert.That(Query("SELECT @value", static row => row.GetInt64OrNull(0), value), Is.EqualTo(value));
    }

    [TestCaseSource(nameof(Blobs))]
    public void Bind_Bytes_ComeBackUnchanged(byte[]? value)
    {
        Assert.That(Query("SELECT @value", static row => row.GetBytesOrNull(0), value), Is.EqualTo(value));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Bind_Boolean_ComesBackUnchanged(bool value)
    {
        Assert.That(Query("SELECT @value", static row => row.GetBoolean(0), value), Is.EqualTo(value));
    }

    [Test]
    public void Bind_LoneSurrogate_StoredAsReplacementCharacter()
    {
        Assert.That(Query("SELECT @value", static row => row.GetString(0), "a\uD800b"), Is.EqualTo("a\uFFFDb"));
    }

    [Test]
    public void Bind_WrongNumber_SaysSo()
    {
        WithSession(static session =>
        {
            Assert.That(() => session.Prepared("SELECT @a, @b").Bind(1L), Throws.ArgumentException);
            return 0;
        });
    }

    [Test]
    public void Execute_ParameterNotBoundThisTime_Refused()
    {
        WithSession(static session =>
        {
            var statement = session.Prepared("SELECT @a");
            statement.Bind(1L).Execute();
            Assert.That(() => statement.Execute(), Throws.InvalidOperationException, "nothing is left over from the execution before");
            return 0;
        });
    }

    [Test]
    public void Execute_AfterAConstraintViolation_TheStatementWorksAgain()
    {
        using var database = Open();

        var changed = database.Writer.RunAsync(static session =>
        {
            Insert(session, 1);
            Assert.That(
                () => Insert(session, 1),
                Throws.TypeOf<SqliteException>().With.Property(nameof(SqliteException.SqliteErrorCode)).EqualTo(raw.SQLITE_CONSTRAINT));
            return Insert(session, 2);
        }).GetAwaiter().GetResult();

        Assert.That(changed, Is.EqualTo(1));
        Assert.That(StoredIds(database), Is.EqualTo(new long[] { 1, 2 }));
    }

    [Test]
    public void QuerySingleOrDefault_NoRow_Default()
    {
        Assert.That(WithSession(static session => session.Prepared("SELECT 1 WHERE false").QuerySingleOrDefault(static row => row.GetInt64OrNull(0))), Is.Null);
    }

    [Test]
    public void QuerySingleOrDefault_TwoRows_Throws()
    {
        Assert.That(
            () => WithSession(static session => session.Prepared("VALUES (1), (2)").QuerySingleOrDefault(static row => row.GetInt64(0))),
            Throws.InvalidOperationException);
    }

    [Test]
    public void Query_ManyRows_AllInOrder()
    {
        Assert.That(WithSession(static session => session.Prepared("VALUES (1), (2), (3)").Query(static row => row.GetInt32(0))), Is.EqualTo(Enumerable.Range(1, 3)));
    }

    [TestCase("SELECT NULL")]
    [TestCase("SELECT 'text'")]
    [TestCase("SELECT 1.5")]
    public void GetInt64_OtherStorageClass_Throws(string sql)
    {
        Assert.That(() => WithSession(session => session.Prepared(sql).QuerySingleOrDefault(static row => row.GetInt64(0))), Throws.InvalidOperationException);
    }

    [Test]
    public void Query_StatementUsedInsideItsOwnCallback_Refused()
    {
        Assert.That(
            () => WithSession(static session => session.Prepared("VALUES (1)").Query(_ => session.Prepared("VALUES (1)").Execute())),
            Throws.InvalidOperationException);
    }

    [Test]
    public void Prepared_SameText_SameStatement()
    {
        Assert.That(WithSession(static session => ReferenceEquals(session.Prepared(SelectIds), session.Prepared(SelectIds))), Is.True);
    }

    [Test]
    public void Prepared_TwoStatements_Refused()
    {
        Assert.That(() => WithSession(static session => session.Prepared("SELECT 1; SELECT 2")), Throws.ArgumentException);
    }

    [Test]
    public void Prepared_MoreTextsThanAreKept_AllRunAndOnlyTheNewestAreKept()
    {
        WithSession(static session =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                var number = i;
                Assert.That(session.Prepared($"SELECT {i}").QuerySingleOrDefault(static row => row.GetInt32(0)), Is.EqualTo(number));
            }

            Assert.That(session.Statements, Is.EqualTo(SqliteSession.MostStatements));
            return 0;
        });
    }

    [Test]
    public void Prepared_StatementThatIsAskedForAgainAndAgain_IsKeptAmongManyOthers()
    {
        WithSession(static session =>
        {
            var hot = session.Prepared(SelectIds);
            var cold = session.Prepared("SELECT 'cold'");
            for (var i = 0; i < 1_000; i++)
            {
                session.Prepared($"SELECT {i}").Execute();
                Assert.That(session.Prepared(SelectIds), Is.SameAs(hot));
            }

            Assert.That(session.Prepared("SELECT 'cold'"), Is.Not.SameAs(cold));
            return 0;
        });
    }

    [Test]
    public void Prepared_ManyOthersWhileItsRowsAreRead_TheStatementGoesOn()
    {
        var read = WithSession(static session => session.Prepared("VALUES (1), (2), (3)").Query(row =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                session.Prepared($"SELECT {i}").Execute();
            }

            return row.GetInt32(0);
        }));

        Assert.That(read, Is.EqualTo([1, 2, 3]));
    }

    private T? Query<T>(string sql, RowReader<T> read, SqlValue value)
    {
        return WithSession(session => session.Prepared(sql).Bind(value).QuerySingleOrDefault(read));
    }

    private T WithSession<T>(Func<SqliteReadSession, T> use)
    {
        using var database = Open();
        return database.Readers.Read(use);
    }
}
