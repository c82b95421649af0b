#!/usr/bin/env bash
# Checks the sources without running the program: format, include walls, file lengths, then clang-tidy.
#
# scripts/check.sh [--quick | --all] [FILE...]
#   --quick  for CI: the format alone; test_tree checks the walls
#   --all    clang-tidy on every .cpp file; default: those that differ from the branch main, or, on main, from its last commit
#   FILE     clang-tidy on these files only
#
# Cost: no file is changed; `clang-format-19 -i FILE` repairs the format. clang-tidy leaves out files that passed before and have
# not changed since, nor a header of theirs (scripts/tidy.py). Time: 3 s for the format; clang-tidy for everything 10 minutes of one
# core, then seconds.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scope=changed quick="" files=()
for argument in "$@"; do
  case "$argument" in
    -h | --help) help_text; exit 0 ;;
    --quick) quick=yes ;;
    --all) scope=all ;;
    -*) fail "unknown argument '$argument'" "see scripts/check.sh --help" ;;
    *) scope=files files+=("$(realpath "$argument")") ;;
  esac
done

check_format() {
  local sources=()
  mapfile -t sources < <(find "$ROOT/src" "$ROOT/tests" \( -name '*.cpp' -o -name '*.h' -o -name '*.cu' \) | sort)
  say "format of ${#sources[@]} files"
  printf '%s\0' "${sources[@]}" | xargs -0 -n 20 -P "$(jobs)" clang-format-19 --dry-run -Werror ||
    fail "some files are not formatted" "clang-format-19 -i FILE"
}

check_walls() {
  say "include walls, file lengths, maps of the tree"
  "$ROOT/scripts/build.sh" asan-ubsan test_tree >/dev/null
  "$ROOT/build-asan-ubsan/test_tree" --gtest_brief=1
}

# The files that clang-tidy checks, one per line.
tidy_files() {
  local base
  if [ "$scope" = files ]; then printf '%s\n' "${files[@]}"; return; fi
  base="$(git -C "$ROOT" merge-base HEAD main 2>/dev/null || true)"
  if [ "$base" = "$(git -C "$ROOT" rev-parse HEAD)" ]; then base="$(git -C "$ROOT" rev-parse --verify --quiet HEAD^ || true)"; fi
  if [ "$scope" = all ] || [ -z "$base" ]; then find "$ROOT/src" -name '*.cpp' | sort; return; fi
  { git -C "$ROOT" diff --name-only --diff-filter=d "$base" -- 'src/*.cpp'
    git -C "$ROOT" ls-files --others --exclude-standard -- 'src/*.cpp'; } | sed "s|^|$ROOT/|" | sort -u
}

check_tidy() {
  local sources=()
  mapfile -t sources < <(tidy_files)
  say "clang-tidy on ${#sources[@]} files"
  [ ${#sources[@]} -gt 0 ] || return 0
  if [ ! -e "$ROOT/build-cpu-release/compile_commands.json" ]; then
    "$ROOT/scripts/build.sh" cpu-release >/dev/null
  fi
  "$ROOT/scripts/tidy.py" --jobs "$(jobs)" "$ROOT/build-cpu-release" "${sources[@]}" ||
    fail "clang-tidy found something"
}

"$ROOT/scripts/setup.sh" --cpu --dev
[ "$scope" = files ] || check_format
[ "$scope" = files ] || [ -n "$quick" ] || check_walls
[ -n "$quick" ] || check_tidy
say "all checks passed"
