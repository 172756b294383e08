"""Bulk loads: rows from a file of JSON arrays, one a line, appended to a table. A real loader would stage and COPY them."""

import snowflake.connector.errors as errors
from sqlglot import exp
from fakesnow.dialect import parse_one


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def parts_of(table, database, schema):
    """Database, schema and name of a table as SQL writes it."""
    found = parse_one(f"SELECT 1 FROM {table}").find(exp.Table)
    names = [part.this if part.args.get("quoted") else part.this.upper() for part in found.parts]
    return [database, schema][: 3 - len(names)] + names


def types_of(duck, database, schema, table):
    """Columns of a table; a session's temporary tables come first, as they hide others."""
    found = duck.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND (database_name = 'temp'"
        " OR database_name = ? AND schema_name = ?) ORDER BY database_name = 'temp' DESC, column_index",
        [table, database, schema],
    ).fetchall()
    if not found:
        name = ".".join(part or "" for part in (database, schema, table))
        message = f"Table '{name}' does not exist or not authorized."
        raise errors.ProgrammingError(msg=message, errno=2003, sqlstate="42S02")
    types = {}
    for name, kind in found:
        types.setdefault(name, kind)
    return types


def append(duck, database, schema, load):
    place = parts_of(load["table"], database, schema)
    types = types_of(duck, *place)
    names = [parse_one(f"SELECT {each}").expressions[0] for each in load["columns"]]
    names = [each.name if each.this.args.get("quoted") else each.name.upper() for each in names]
    strange = [name for name in names if name not in types]
    if strange:
        message = f"invalid identifier '{strange[0]}' of table {load['table']}"
        raise errors.ProgrammingError(msg=message, errno=904, sqlstate="42000")
    # One column of JSON, taken apart by DuckDB: faster than any row through Python. JSON in it goes as text, since a
    # Snowflake client binds text, too; its content is parsed by the cast.
    values = ", ".join(f"CAST(cells[{index}] AS {types[name]})" for index, name in enumerate(names, start=1))
    table = load["table"] if len(place) < 3 or place[0] is None else quoted(place[2])
    # maximum_object_size: Estuary's documents may have 16 MB.
    counts = duck.execute(
        f"INSERT INTO {table} ({', '.join(quoted(name) for name in names)}) SELECT {values} FROM ("
        # Each line is parsed once for all columns: a path for each would parse a long call dozens of times.
        """SELECT from_json(json, '["VARCHAR"]') AS cells FROM read_json_objects("""
        f"{literal(load['file'])}, format = 'newline_delimited', maximum_object_size = 33554432))"
    ).fetchone()
    return {"rows": counts[0]}
