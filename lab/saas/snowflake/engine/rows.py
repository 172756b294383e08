"""Results as Snowflake's SQL API writes them: every value a text, in the API's own notation of each type."""

from datetime import date, datetime, time, timezone

import pyarrow

EPOCH_DAY = date(1970, 1, 1)


def type_of(field):
    """Name of a column's type in the API, with precision and scale where it has them."""
    kind = field.type
    if pyarrow.types.is_boolean(kind):
        return {"type": "boolean"}
    if pyarrow.types.is_decimal(kind):
        return {"type": "fixed", "precision": kind.precision, "scale": kind.scale}
    if pyarrow.types.is_integer(kind):
        return {"type": "fixed", "precision": 38, "scale": 0}
    if pyarrow.types.is_floating(kind):
        return {"type": "real"}
    if pyarrow.types.is_timestamp(kind):
        return {"type": "timestamp_ntz" if kind.tz is None else "timestamp_tz", "precision": 0, "scale": 9}
    if pyarrow.types.is_date(kind):
        return {"type": "date"}
    if pyarrow.types.is_time(kind):
        return {"type": "time", "precision": 0, "scale": 9}
    if pyarrow.types.is_binary(kind):
        return {"type": "binary"}
    return {"type": "text"}


def columns_of(cursor):
    table = cursor._arrow_table
    if table is None:
        return []
    return [{"name": field.name, "nullable": True, **type_of(field)} for field in table.schema]


def text_of(value, kind):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # A moment without a zone is written as if it were UTC.
        moment = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        micros = (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // MICROSECOND
        text = f"{micros // 1_000_000}.{micros % 1_000_000:06d}000"
        # Minutes east of UTC, plus 1440 so that they are never negative.
        return f"{text} 1440" if kind == "timestamp_tz" else text
    if isinstance(value, date):
        return str((value - EPOCH_DAY).days)
    if isinstance(value, time):
        return f"{value.hour * 3600 + value.minute * 60 + value.second}.{value.microsecond:06d}000"
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, float):
        return repr(value)
    return str(value)


MICROSECOND = datetime.resolution


def rows_of(table, columns):
    if table is None:
        return []
    kinds = [column["type"] for column in columns]
    by_column = [[text_of(value, kind) for value in each.to_pylist()] for each, kind in zip(table.columns, kinds, strict=True)]
    return [list(row) for row in zip(*by_column, strict=True)]
