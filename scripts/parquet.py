#!/usr/bin/env python3
"""Writes a table, view or query of a sinkmoe database as a Parquet file. Needs pyarrow.

scripts/parquet.py DATABASE TABLE|"select ..." OUT.parquet
  scripts/parquet.py results/results.db run_wide runs.parquet
  scripts/parquet.py results/reference.db "select * from v_metric where name = 'eval/imbalance'" imbalance.parquet

Whole numbers become int64, numbers double, texts string; a column with numbers and texts becomes string.
"""
import pathlib
import sqlite3
import sys


def column_type(values, pyarrow):
    kinds = {type(v) for v in values if v is not None}
    if kinds <= {int}:
        return pyarrow.int64()
    if kinds <= {int, float}:
        return pyarrow.float64()
    return pyarrow.string()


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        sys.exit("parquet.py: pyarrow is not installed; python3 -m pip install pyarrow")
    database, what, out = sys.argv[1:]
    if not pathlib.Path(database).is_file():
        sys.exit(f"parquet.py: {database}: no database here")
    connection = sqlite3.connect(f"{pathlib.Path(database).resolve().as_uri()}?mode=ro", uri=True)
    sql = what if " " in what.strip() else 'select * from "' + what.replace('"', '""') + '"'
    try:
        cursor = connection.execute(sql)
    except sqlite3.Error as error:
        sys.exit(f"parquet.py: {error}")
    names = [column[0] for column in cursor.description]
    columns = list(zip(*cursor.fetchall())) or [()] * len(names)
    arrays = []
    for values in columns:
        kind = column_type(values, pyarrow)
        if kind == pyarrow.string():
            values = [None if v is None else str(v) for v in values]
        arrays.append(pyarrow.array(values, type=kind))
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, names=names), out)


if __name__ == "__main__":
    main()
