"""The end of a run: labels, manifest and list of failures, once all blocks are complete.

Whoever notices that does it, and it may be done again: the files depend on the rows alone.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..labels._write import files_of
from ._begin import FINISHED
from ._journal import TOGETHER, Row, is_complete, line_of, rows_of
from ._run import Run
from ._store import reached

__all__: list[str] = []

MANIFEST, FAILED = "manifest", "failed.jsonl"
LOCK_SECONDS = 600.0


def all_rows(run: Run) -> list[Row] | None:
    """The rows of all images in the order of the plan; None if a block is not complete."""
    rows: list[Row] = []
    for block in range(run.plan.blocks):
        found, complete, _ = rows_of(run.store, block)
        if not complete:
            return None
        rows += sorted({row["n"]: row for row in found}.values(), key=lambda row: row["n"])
    return rows


def finish(run: Run) -> list[Row] | None:
    """Write what belongs to the whole output, if all blocks are complete and it is not there yet.

    Returns
    -------
    list of dict or None
        The rows of all images; None if some block is not complete.
    """
    if not all(is_complete(run.store, block) for block in range(run.plan.blocks)):
        return None
    began = time.monotonic()
    while True:
        with run.store.locked("finish") as mine:
            rows = all_rows(run)
            if rows is None or mine or time.monotonic() - began > LOCK_SECONDS:
                if rows is not None:
                    _finished(run, rows)
                return rows
        time.sleep(0.2)


def _finished(run: Run, rows: list[Row]) -> None:
    print_of = hashlib.sha256(b"".join(map(line_of, rows))).hexdigest()
    done = json.loads(run.store.read(FINISHED) or b"{}")
    if done.get("rows") == print_of and all(run.store.size(name) is not None for name in done["files"]):
        return
    run.store.clear("finish")
    good = [row for row in rows if "error" not in row]
    bad = [row for row in rows if "error" in row]
    names: list[str] = []
    if run.layout.writes_labels and not run.layout.recipe:
        images = tuple(run.layout.made(run.targets, row) for row in good)
        files = _label_files(run, images)
        while batch := list(itertools.islice(files, TOGETHER)):
            run.store.put(batch, "finish", stay=False)
            names += [name for name, _ in batch]
    reached("labels")
    name, data = manifest_of(run, good)
    run.store.put([(name, data)], "finish")
    reached("manifest")
    names.append(name)
    if bad:
        said = [{key: row[key] for key in ("id", "source", "copy", "error")} for row in bad]
        run.store.put([(FAILED, b"".join(map(line_of, said)))], "finish")
        names.append(FAILED)
    else:
        run.store.remove(FAILED)
    run.store.flush()
    reached("flushed")
    marker = json.dumps({"rows": print_of, "files": names}).encode()
    run.store.put([(FINISHED, marker)], "finish")
    run.store.clear("")


def _label_files(run: Run, images: tuple[Any, ...]) -> Iterator[tuple[str, bytes]]:
    """Files of labels by their names below the output."""
    labels = run.layout.labels_of(images, Path(run.spec.output))
    return files_of(labels, run.layout.format, file=run.layout.json)


# --- the manifest -----------------------------------------------------------------------------------------------------


def entry_of(row: Row) -> dict[str, Any]:
    """A row as the manifest has it."""
    size = row.get("size") or (None, None)
    return {
        "id": row["id"],
        "source": row["id"].rpartition("#")[0],
        "copy": row["copy"],
        "key": row["key"],
        "parameters": json.dumps(row.get("params") or []),
        "file": row.get("file"),
        "mask": row.get("mask"),
        "height": size[0],
        "width": size[1],
        "sha256": row.get("sha256"),
        "donors": row.get("donors") or [],
        "label_shares": row.get("shares") or [],
        "dropped": sum(row.get("dropped", {}).values()),
    }


def manifest_of(run: Run, rows: list[Row]) -> tuple[str, bytes]:
    """The name and the bytes of the manifest: Parquet, or lines of JSON without pyarrow."""
    entries = [entry_of(row) for row in rows]
    try:
        import pyarrow as pa
        import pyarrow.parquet
    except ImportError:
        return f"{MANIFEST}.jsonl", b"".join(map(line_of, entries))
    text, whole = pa.string(), pa.int64()
    schema = pa.schema(
        [
            ("id", text), ("source", text), ("copy", whole), ("key", pa.list_(whole)), ("parameters", text),
            ("file", text), ("mask", text), ("height", whole), ("width", whole), ("sha256", text),
            ("donors", pa.list_(text)), ("label_shares", pa.list_(pa.float64())), ("dropped", whole),
        ]
    )  # fmt: skip
    file = io.BytesIO()
    pyarrow.parquet.write_table(pa.Table.from_pylist(entries, schema), file, row_group_size=50_000)
    return f"{MANIFEST}.parquet", file.getvalue()


def read_manifest(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of a manifest."""
    if path.suffix == ".jsonl":
        with open(path, encoding="utf-8") as file:
            yield from map(json.loads, file)
        return
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as table:
        for batch in table.iter_batches():
            yield from batch.to_pylist()
