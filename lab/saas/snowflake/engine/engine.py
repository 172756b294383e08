"""Snowflake's SQL over fakesnow and DuckDB, asked line by line.

Reads one JSON request a line from standard input and answers each with one JSON line. It ends when its input ends, so
it never outlives whoever started it. Argument: the folder of the database files.
"""

import json
import logging
import sys
import warnings
from pathlib import Path

import snowflake.connector.errors as errors
from fakesnow.dialect import parse
from fakesnow.instance import FakeSnow

from inspection import inspect, object_of
from sessions import Session, said

warnings.filterwarnings("ignore", category=UserWarning)
# sqlglot reports each statement that it only half knows; whoever asked gets the error itself.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


class Engine:
    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.snow = FakeSnow(create_database_on_connect=True, create_schema_on_connect=False, db_path=folder)
        # DuckDB would take most of the machine, which is the lab's too.
        self.snow.duck_conn.execute("SET memory_limit = '1GB'")
        self.snow.duck_conn.execute("SET threads = 2")
        self.snow.duck_conn.execute(f"SET temp_directory = '{folder / 'spill'}'")
        for file in sorted(folder.glob("*.db")):
            self.snow.connect(database=file.stem).close()
        self.snow.create_database_on_connect = False
        self.sessions = {}
        self.count = 0

    def databases(self):
        rows = self.snow.duck_conn.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()
        return [name for (name,) in rows if name not in ("memory", "_fs_global")]

    def execute(self, request):
        given = [each for each in parse(request["sql"]) if each is not None]
        if len(given) == 1 and is_drop_database(given[0]):
            return self.drop_database(given[0])
        if request.get("session") is not None:
            return self.session(request).execute(request["sql"], request.get("params"))
        once = Session(self.snow, request.get("database"), request.get("schema"))
        try:
            return once.execute(request["sql"], request.get("params"))
        finally:
            once.close()

    def session(self, request):
        return self.sessions[request["session"]]

    def open(self, request):
        self.count += 1
        self.sessions[self.count] = Session(self.snow, request.get("database"), request.get("schema"))
        return self.count

    def drop_database(self, statement):
        """fakesnow forgets the database and leaves its file, which the next start would bring back."""
        name = object_of(statement, "DATABASE", None, None)[0]
        known = name in self.databases()
        if not known and not statement.args.get("exists"):
            message = f"Database '{name}' does not exist or not authorized."
            raise errors.ProgrammingError(msg=message, errno=2003, sqlstate="02000")
        if known:
            self.snow.duck_conn.execute(f'DETACH "{name}"')
            for suffix in ("db", "db.wal"):
                (self.folder / f"{name}.{suffix}").unlink(missing_ok=True)
        return said(f"{name} successfully dropped.")

    def answer(self, request):
        match request["op"]:
            case "execute":
                return self.execute(request)
            case "inspect":
                return inspect(request["sql"], request.get("database"), request.get("schema"))
            case "open":
                return self.open(request)
            case "append":
                return self.session(request).append(request)
            case "close":
                self.sessions.pop(request["session"]).close()
                return None
            case "databases":
                return self.databases()
        raise ValueError(f"no such operation: {request['op']}")


def is_drop_database(statement):
    return statement.key == "drop" and str(statement.args.get("kind", "")).upper() == "DATABASE"


def fault_of(error):
    if isinstance(error, errors.Error):
        return {"code": f"{error.errno:06d}", "state": error.sqlstate or "42601", "message": error.raw_msg or error.msg}
    # A statement that fakesnow or DuckDB does not know: Snowflake would know it, so say whose limit it is.
    return {"code": "000603", "state": "XX000", "message": f"{type(error).__name__}: {error}"}


def main():
    engine = Engine(Path(sys.argv[1]))
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"id": request["id"], "result": engine.answer(request)}
        except Exception as error:
            answer = {"id": request["id"], "fault": fault_of(error)}
        print(json.dumps(answer), flush=True)


main()
