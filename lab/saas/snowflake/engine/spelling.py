"""
Names as Snowflake tells them apart, by the case of their letters too. DuckDB does not, and would answer a statement that
Snowflake refuses.
"""

import snowflake.connector.errors as errors
from sqlglot import exp

from inspection import folded, name_of, target_of

TABLES = """
SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE lower(table_name) = lower(?)
UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE lower(view_name) = lower(?)
"""
COLUMNS = "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ?"


def check_spelling(duck, statement, database, schema):
    """Raises what Snowflake would where a name differs in case from what is there, and from what the statement itself names."""
    created = target_of(statement) if isinstance(statement, exp.Create) else None
    local = {folded(cte.args["alias"].this) for cte in statement.find_all(exp.CTE)}
    known = set()
    for table in statement.find_all(exp.Table):
        name = name_of(table, database, schema)
        if table is created or name is None or (not table.args.get("db") and name[2] in local):
            continue
        place = found(duck, name)
        if place is not None:
            known.update(column for (column,) in duck.execute(COLUMNS, place).fetchall())
    named = {folded(each) for each in given_names(statement)}
    small = {column.lower() for column in known - named}
    for identifier in column_names(statement):
        name = folded(identifier)
        if name not in known and name not in named and name.lower() in small:
            message = f"SQL compilation error: invalid identifier '{name}'"
            raise errors.ProgrammingError(msg=message, errno=904, sqlstate="42000")


def found(duck, name):
    """Where a table is; nothing where DuckDB finds none either, which says so itself."""
    alike = [
        place
        for place in duck.execute(TABLES, [name[2], name[2]]).fetchall()
        if place[0] == "temp" or [part.lower() for part in place[:2]] == [(part or "").lower() for part in name[:2]]
    ]
    for place in alike:
        if place[2] == name[2] and (place[0] == "temp" or list(place[:2]) == name[:2]):
            return place
    if not alike:
        return None
    message = f"SQL compilation error: Object '{'.'.join(part or '' for part in name)}' does not exist or not authorized."
    raise errors.ProgrammingError(msg=message, errno=2003, sqlstate="42S02")


def given_names(statement):
    for each in statement.find_all(exp.Alias, exp.TableAlias, exp.CTE):
        if isinstance(each.args.get("alias"), exp.Identifier):
            yield each.args["alias"]
        if isinstance(each, exp.TableAlias):
            yield from (column for column in each.args.get("columns") or [] if isinstance(column, exp.Identifier))


def column_names(statement):
    for column in statement.find_all(exp.Column):
        if isinstance(column.this, exp.Identifier):
            yield column.this
    if isinstance(statement, exp.Insert) and isinstance(statement.this, exp.Schema):
        yield from (column for column in statement.this.expressions if isinstance(column, exp.Identifier))
