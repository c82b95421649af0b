#!/usr/bin/env python3
"""Runs clang-tidy on source files and remembers those without findings.

scripts/tidy.py [--jobs N] BUILD FILE...
  BUILD        a configured build folder with compile_commands.json
  --jobs N     processes at a time (1)

A file is checked again when its text, a header of src/ that it reaches, its compiler flags, .clang-tidy or clang-tidy itself has
changed; other libraries' headers do not count. The marks lie in the cache folder (SINKMOE_CACHE). Most of the time goes into the
headers of LibTorch, so files with the same flags are checked together as one source, unless two of one module define the same name in
unnamed namespaces. Where names clash all the same, the files with the errors are checked apart from the others. Time: 10 s per
group, a minute with LibTorch.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
TOOL = "clang-tidy-19"
PER_GROUP = 20
GCC_ONLY = {"src/attention/kernels/tiles.cpp"}  # uses vector built-ins that clang lacks
INCLUDE = re.compile(rb'^\s*#\s*include\s+"([^"]+)"', re.M)
NOISE = re.compile(r"warnings? (generated|treated)|Suppressed|Use -header-filter|^Use -|^\s*$")


def cache_folder():
    base = os.environ.get("SINKMOE_CACHE")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sinkmoe")
    return pathlib.Path(base) / "tidy"


def own_files(source, seen):
    """`source` and every file of src/ that it includes, directly or not."""
    if source in seen:
        return
    seen[source] = text = source.read_bytes()
    for name in INCLUDE.findall(text):
        for folder in (SOURCES, source.parent):
            header = folder / name.decode()
            if header.is_file():
                own_files(header.resolve(), seen)
                break


def flags_of(entry):
    """The compiler's flags of one entry of compile_commands.json that matter here: no files, warnings, optimisation."""
    words, flags = shlex.split(entry["command"])[1:], []
    while words:
        word = words.pop(0)
        if word in ("-o", "-c"):
            words.pop(0)
        elif not word.startswith(("-O", "-W")):
            flags.append(word)
    return tuple(flags)


def key_of(source, flags, tool):
    reached = {}
    own_files(source, reached)
    parts = [tool, " ".join(flags).replace(str(ROOT), "")]
    parts += [f"{path.relative_to(ROOT)} {hashlib.sha256(text).hexdigest()}" for path, text in sorted(reached.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def local_names(source):
    """The names, with their module, that `source` defines in unnamed namespaces. Overloads count as one name."""
    names, module = set(), source.relative_to(SOURCES).parts[0]
    for part in re.findall(r"^namespace \{$(.*?)^\}  // namespace$", source.read_text(), re.M | re.S):
        names.update(re.findall(r"^(?:struct|class|enum class|enum|using)\s+(\w+)", part, re.M))
        names.update(re.findall(r"^(?!struct|class|enum|using|template|\}|#|//)\S.*?\b(\w+)(?:\(|\{| = |\[|;)", part, re.M))
    return {(module, name) for name in names}


def grouped(sources, flags):
    """Lists of sources to check as one: the same flags, no common local name, at most PER_GROUP."""
    by_flags = {}
    for source in sources:
        groups = by_flags.setdefault(flags[source], [])
        names = local_names(source)
        for members, taken in groups:
            if len(members) < PER_GROUP and not names & taken:
                members.append(source)
                taken |= names
                break
        else:
            groups.append(([source], names))
    return [members for groups in by_flags.values() for members, _ in groups]


def tidy(source, flags, folder):
    """clang-tidy's findings for one file: (passed, text)."""
    command = [TOOL, "--quiet", str(source), "--", *flags, "-fno-openmp", "-Wno-unknown-warning-option"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if not NOISE.search(line)]
    return done.returncode == 0, "\n".join(lines)


def check(group, flags, folder):
    """The sources of `group` that passed, and the findings of the others."""
    if len(group) == 1:
        passed, text = tidy(group[0], flags, folder)
        return (group, "") if passed else ([], text)
    name = hashlib.sha256(str(group).encode()).hexdigest()[:16]
    whole = folder / f"tidy-{name}.cpp"
    whole.write_text("".join(f'#include "{source}"  // NOLINT(bugprone-suspicious-include)\n' for source in group))
    passed, text = tidy(whole, flags, folder)
    whole.unlink()
    if passed:
        return group, ""
    broken = {line.split(":", 1)[0] for line in text.splitlines() if "[clang-diagnostic-error]" in line}
    if not broken:
        return [source for source in group if str(source) not in text and ".h:" not in text], text
    apart = [source for source in group if str(source) in broken]
    if not apart or len(apart) == len(group):
        apart = group[:1]
    results = [check(part, flags, folder) for part in (apart, [source for source in group if source not in apart])]
    return results[0][0] + results[1][0], "\n".join(text for _, text in results if text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    folder = options.build.resolve()
    wanted = {path.resolve() for path in options.files}
    wanted = {path for path in wanted if str(path.relative_to(ROOT)) not in GCC_ONLY}
    flags = {}
    for entry in json.loads((folder / "compile_commands.json").read_text()):
        if pathlib.Path(entry["file"]) in wanted:
            flags[pathlib.Path(entry["file"])] = flags_of(entry)
    tool = subprocess.run([TOOL, "--version"], capture_output=True, text=True, check=True).stdout
    tool += (ROOT / ".clang-tidy").read_text()
    marks = cache_folder()
    marks.mkdir(parents=True, exist_ok=True)
    keys = {source: key_of(source, flags[source], tool) for source in flags}
    to_do = sorted(source for source in flags if not (marks / keys[source]).exists())
    print(f"   clang-tidy: {len(flags) - len(to_do)} files unchanged since they passed, {len(to_do)} to check", flush=True)

    findings = False
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        checked = pool.map(lambda group: check(group, flags[group[0]], folder), grouped(to_do, flags))
        for passed, text in checked:
            for source in passed:
                (marks / keys[source]).touch()
            if text:
                findings = True
                print(text, flush=True)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
