"""Compares the ids of drill_encode with those of PyPI `tokenizers`, for tokenizer.json files of every style that are trained
here. tokenizer_oracle.py DRILL_ENCODE [FOLDER]: texts are all files of FOLDER, default: those of this repository; strings of
random characters and of awkward cases are added. Prints one line per style, and the first difference.
"""
import array
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "data" / "hf_tokenizers"))
import make  # noqa: E402

VOCABULARY = 4000
KINDS = (".txt", ".json", ".jsonl", ".md", ".cpp", ".h", ".py", ".toml")


def random_text(draw):
    """Characters that every version of Unicode since 3.2 knows, in short runs of one block, with blanks and line ends."""
    out = []
    while len(out) < 4000:
        start = draw.choice([0x20, 0x20, 0x20, 0xA0, 0x300, 0x370, 0x5D0, 0x900, 0xE00, 0x1100, 0x1E00, 0x2000, 0x2190, 0x3040,
                             0x4E00, 0xAC00, 0xFB00, 0x1D400])
        for _ in range(draw.randint(1, 12)):
            character = chr(start + draw.randint(0, 95))
            if unicodedata.ucd_3_2_0.category(character) != "Cn":
                out.append(character)
        out.append(draw.choice([" ", " ", " ", "  ", "\n", "\r\n", "\t", "\n\n\n", "\0", "\u3000", ""]))
    return "".join(out)


def texts_of(folder, work):
    """Paths of all texts, those made here last."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in KINDS and "/build" not in str(path)
                   and "/.git" not in str(path))
    draw = random.Random(1)
    for i, text in enumerate([*make.CASES, *(random_text(draw) for _ in range(50))]):
        paths.append(work / f"made_{i}.txt")
        paths[-1].write_bytes(text.encode())
    return paths


def difference(ours, theirs, path):
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    return f"{path}: {len(ours)} ids instead of {len(theirs)}; from id {at}: {ours[at:at + 8]} instead of {theirs[at:at + 8]}"


def compare(name, made, program, paths, work):
    """The number of ids, and the first difference."""
    (work / "tokenizer.json").write_text(json.dumps(made))
    run = subprocess.run([program, work / "tokenizer.json", work, *paths], capture_output=True, text=True)
    if run.returncode:
        return 0, run.stderr, ""
    oracle, count = make.oracle(made), 0
    for i, path in enumerate(paths):
        ours = array.array("i", (work / f"{i}.ids").read_bytes()).tolist()
        theirs = oracle([path.read_bytes().decode()])[0]
        count += len(ours)
        if ours != theirs:
            return count, difference(ours, theirs, path), run.stdout.strip()
    return count, "", run.stdout.strip()


def main(program, folder=ROOT):
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    failures = 0
    with tempfile.TemporaryDirectory() as made_folder:
        work = pathlib.Path(made_folder)
        paths = texts_of(pathlib.Path(folder), work)
        size = sum(path.stat().st_size for path in paths)
        training = [path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))]
        training += [path.read_text() for path in sorted((ROOT / "src" / "data").rglob("*.cpp"))]
        print(f"{len(paths)} texts, {size / 1e6:.1f} MB")
        for name in os.environ.get("STYLES", " ".join(make.NAMES)).split():
            count, bad, speed = compare(name, make.make(name, training, VOCABULARY), program, paths, work)
            print(f"{name}: {count} ids, {speed}, {'differ: ' + bad if bad else 'equal'}", flush=True)
            failures += bool(bad)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
