"""What a statement would read and change, so that it can be asked before whether its role may."""

from fakesnow.dialect import parse
from sqlglot import exp

KINDS = {
    exp.Insert: "INSERT",
    exp.Update: "UPDATE",
    exp.Delete: "DELETE",
    exp.Merge: "MERGE",
    exp.TruncateTable: "TRUNCATE",
    exp.Create: "CREATE",
    exp.Drop: "DROP",
    exp.Alter: "ALTER",
    exp.Describe: "DESCRIBE",
    exp.Show: "SHOW",
    exp.Use: "USE",
    exp.Transaction: "TRANSACTION",
    exp.Commit: "TRANSACTION",
    exp.Rollback: "TRANSACTION",
}


def folded(identifier):
    return identifier.this if identifier.args.get("quoted") else identifier.this.upper()


def name_of(table, database, schema):
    """Database, schema and name, completed from the session."""
    catalog, scheme, name = table.args.get("catalog"), table.args.get("db"), table.this
    if not isinstance(name, exp.Identifier):
        return None
    return [folded(catalog) if catalog else database, folded(scheme) if scheme else schema, folded(name)]


def target_of(statement):
    if isinstance(statement, (exp.Drop, exp.TruncateTable)):
        listed = statement.args.get("tables") or statement.expressions
        return listed[0] if len(listed) == 1 else None
    found = statement.this
    return found.this if isinstance(found, exp.Schema) else found


def object_of(statement, kind, database, schema):
    """What a CREATE, DROP or ALTER is about. A database has one name, a schema two, the rest three."""
    target = target_of(statement)
    if not isinstance(target, exp.Table):
        return None
    parts = [folded(part) for part in target.parts]
    if kind == "DATABASE":
        return parts[-1:]
    if kind == "SCHEMA":
        return ([database] + parts)[-2:]
    return [database, schema][: 3 - len(parts)] + parts


def inspect(sql, database, schema):
    statements = [each for each in parse(sql) if each is not None and not isinstance(each, exp.Semicolon)]
    if len(statements) != 1:
        return {"statements": len(statements)}
    statement = statements[0]
    action = next((name for kind, name in KINDS.items() if isinstance(statement, kind)), None)
    if action is None:
        action = "SELECT" if isinstance(statement, exp.Query) else "OTHER"
    written = None
    if action in ("INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE"):
        written = target_of(statement)
    kind = str(statement.args.get("kind") or "").upper() if action in ("CREATE", "DROP", "ALTER") else ""
    about = object_of(statement, kind, database, schema) if kind else None
    # Names of WITH clauses look like tables and are none.
    local = {cte.alias.upper() for cte in statement.find_all(exp.CTE)}
    skip = {id(written), id(target_of(statement)) if kind else None}
    reads = [
        name_of(table, database, schema)
        for table in statement.find_all(exp.Table)
        if id(table) not in skip and not (not table.args.get("db") and table.name.upper() in local)
    ]
    return {
        "statements": 1,
        "action": action,
        "kind": kind,
        "object": about,
        "reads": [each for each in reads if each is not None],
        "writes": name_of(written, database, schema) if isinstance(written, exp.Table) else None,
        "temporary": any(isinstance(each, exp.TemporaryProperty) for each in statement.find_all(exp.TemporaryProperty)),
    }
