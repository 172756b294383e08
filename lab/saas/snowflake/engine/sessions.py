"""One session: its current database and schema, its transaction, its temporary tables."""

import snowflake.connector.errors as errors
from fakesnow.dialect import parse
from sqlglot import exp

from loading import append
from rows import columns_of, rows_of
from spelling import check_spelling

DEFINITIONS = (exp.Create, exp.Drop, exp.Alter, exp.TruncateTable)
CHANGES = ("inserted", "updated", "deleted")


class Session:
    def __init__(self, snow, database, schema):
        self.connection = snow.connect(database, schema)
        self.duck = self.connection._duck_conn
        self.open = False
        self.broken = False

    def close(self):
        self.connection.close()

    def execute(self, sql, params):
        statements = [each for each in parse(sql) if each is not None and not isinstance(each, exp.Semicolon)]
        if len(statements) != 1:
            message = f"Actual statement count {len(statements)} did not match the desired statement count 1."
            raise errors.ProgrammingError(msg=message, errno=8, sqlstate="0A000")
        statement = statements[0]
        if isinstance(statement, (exp.Transaction, exp.Commit, exp.Rollback)):
            return self.transaction(statement)
        if self.open and isinstance(statement, DEFINITIONS):
            # As in Snowflake: a definition commits what was open, and is one of its own.
            self.transaction(exp.Commit())
        return self.guarded(lambda: self.run(statement, sql, params or None))

    def run(self, statement, sql, params):
        check_spelling(self.duck, statement, self.connection.database, self.connection.schema)
        cursor = self.connection.cursor()
        if isinstance(statement, exp.Merge):
            cursor.check_db_and_schema(statement)
            return changed(merge(self.duck, cursor._transform(statement, params), params))
        if isinstance(statement, exp.Create) and unkeyed(statement):
            sql = statement.sql(dialect="snowflake")
        cursor.execute(sql, binding_params=params, server=True)
        columns = columns_of(cursor)
        rows = rows_of(cursor._arrow_table, columns)
        return {"columns": columns, "rows": rows, "stats": stats_of(columns, rows)}

    def append(self, load):
        return self.guarded(lambda: append(self.duck, self.connection.database, self.connection.schema, load))

    def guarded(self, work):
        """DuckDB ends a transaction at the first error, Snowflake goes on: what cannot be kept must not be committed."""
        try:
            return work()
        except BaseException:
            self.broken = self.open
            raise

    def transaction(self, statement):
        if isinstance(statement, exp.Transaction):
            # As in Snowflake, a BEGIN inside a transaction changes nothing.
            if not self.open:
                self.duck.execute("BEGIN")
            self.open = True
            return said("Statement executed successfully.")
        if not self.open:
            return said("Statement executed successfully.")
        commit = isinstance(statement, exp.Commit) and not self.broken
        lost = isinstance(statement, exp.Commit) and self.broken
        self.open = self.broken = False
        self.duck.execute("COMMIT" if commit else "ROLLBACK")
        if lost:
            message = "The transaction was rolled back: a statement in it failed, and the lab cannot go on after that."
            raise errors.ProgrammingError(msg=message, errno=603, sqlstate="40000")
        return said("Statement executed successfully.")


KEYS = (exp.PrimaryKey, exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint, exp.ForeignKey, exp.Reference)


def unkeyed(statement):
    """
    Takes keys out of a new table, and says whether there were any: Snowflake notes them and enforces none. DuckDB would
    enforce them, and write every changed row anew for its index.
    """
    found = [each for each in statement.find_all(*KEYS)]
    for each in found:
        outer = each.parent if isinstance(each.parent, (exp.ColumnConstraint, exp.Constraint)) else each
        outer.pop()
    return bool(found)


def said(text):
    return {"columns": [{"name": "status", "type": "text", "nullable": False}], "rows": [[text]], "stats": None}


def merge(duck, statement, params):
    """
    DuckDB's own MERGE: one hash join, and inside a transaction. fakesnow's is several statements over a table in another
    database, which DuckDB refuses in a transaction.
    """
    for when in statement.find_all(exp.When):
        action = when.args.get("then")
        if isinstance(action, exp.Update):
            for each in action.expressions:
                each.set("this", exp.column(each.this.this))
        elif isinstance(action, exp.Insert) and isinstance(action.this, exp.Tuple):
            action.set("this", exp.Tuple(expressions=[exp.column(each.this) for each in action.this.expressions]))
    actions = duck.execute(f"{statement.sql(dialect='duckdb')} RETURNING merge_action", params).fetchall()
    words = [action for (action,) in actions]
    return {kind: words.count(word) for kind, word in zip(CHANGES, ("INSERT", "UPDATE", "DELETE"), strict=True)}


def changed(counts):
    names = [f"number of rows {kind}" for kind in CHANGES]
    columns = [{"name": name, "type": "fixed", "precision": 19, "scale": 0, "nullable": False} for name in names]
    return {"columns": columns, "rows": [[str(counts[kind]) for kind in CHANGES]], "stats": counts}


def stats_of(columns, rows):
    """How many rows a statement changed, or nothing where it asked only."""
    names = [column["name"].removeprefix("number of rows ") for column in columns]
    if not rows or not any(name in CHANGES for name in names):
        return None
    counts = {name: int(value) for name, value in zip(names, rows[0], strict=True) if name in CHANGES}
    return {kind: counts.get(kind, 0) for kind in CHANGES}
