#!/usr/bin/env python3
"""Fills the table `input` for runs on text that an older version stored without it.

scripts/inputs.py DATABASE FOLDER...: FOLDER is an imported set of texts (`sinkmoe data import`).

A run_id is a hash of the run's settings and of the data it reads. A run gets the rows of a folder (hash of the set; tokens, bytes
and hash of each split and held-out file; tokenizer) only if the folder's hashes give its run_id, so nothing is guessed. Evaluated
rows and the hash of a parent's weights are in no run_id and stay unknown. Runs with zero-shot tasks are left out: their run_id also
needs the task files. Doing it again changes nothing.
"""
import hashlib
import json
import pathlib
import sqlite3
import sys

EPOCH = 1  # kResultEpoch of the runs without inputs


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class TextSet:
    def __init__(self, folder):
        self.name = pathlib.Path(folder).name
        manifest = json.loads((pathlib.Path(folder) / "manifest.json").read_text(encoding="utf-8"))
        self.splits, self.files = manifest["splits"], manifest["files"]
        self.tokenizer = (manifest["tokenizer_hash"], manifest["vocabulary"])
        self.hash = sha256("text 1\n" + "".join(f"{part}\n" for part in (
            self.splits["train"]["content_hash"], self.splits["valid"]["content_hash"], manifest["tokenizer_hash"])))

    def contents(self, split):
        """The hash of what a run reads that evaluates this split."""
        if split != "test":
            return self.hash
        return sha256(f"source {self.hash}\ntest {self.splits['test']['content_hash']}\n") if "test" in self.splits else ""

    def rows(self):
        yield "source", 0, "text", self.hash, None, None
        for split, info in self.splits.items():
            yield split, 0, self.name, info["content_hash"], info["tokens"], info["bytes"]
            if split != "train":
                for i, file in enumerate(f for f in self.files if f["split"] == split):
                    yield split + " file", i, file["name"], file["sha256"], None, file["bytes"]
        yield "tokenizer", 0, "tokenizer.model", self.tokenizer[0], self.tokenizer[1], None


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sets = [TextSet(folder) for folder in sys.argv[2:]]
    db = sqlite3.connect(sys.argv[1])
    filled = other = 0
    with db:
        runs = db.execute("""select r.id, r.run_id, r.identity, coalesce(r.parent_id, '') from run r where r.status = 'done'
            and r.id not in (select run from input) and exists (select 1 from param p where p.run = r.id and p.key = 'data.source'
            and p.value = 'text')""").fetchall()
        for number, run_id, identity, parent in runs:
            split = "test" if 'eval.split = "test"' in identity.split("\n") else "valid"
            found = [s for s in sets if s.contents(split) and
                     sha256(f"sinkmoe run\nepoch {EPOCH}\n{identity}data {s.contents(split)}\nparent {parent}\n")[:12] == run_id]
            if not found:
                other += 1
                continue
            db.executemany("insert into input(run, part, ordinal, name, sha256, tokens, bytes) values(?, ?, ?, ?, ?, ?, ?)",
                           [(number, *row) for row in found[0].rows()])
            filled += 1
    print(f"{filled} runs filled, {other} on text are not from these folders or have tasks")


if __name__ == "__main__":
    main()
