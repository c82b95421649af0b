#!/usr/bin/env bash
# Checks the sources without running the program: format, include walls, file lengths, then clang-tidy.
#
# scripts/check.sh [--quick | --all] [FILE...]
#   --quick  the format only (test_tree checks the walls, and scripts/test.sh runs it anyway): 2 s
#   --all    clang-tidy on every .cpp file; default: those that differ from the branch main
#   FILE     clang-tidy on these files only
#
# Cost: no file is changed; `clang-format-19 -i FILE` repairs the format. Time: 5 s per file and core, 25 s where LibTorch is included.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

PLAIN_MODULES=(core weights config data stats store report pretrained plan queue live cli)
TORCH_MODULES=(tensor attention balance model metrics train inference run)

scope=changed files=()
for argument in "$@"; do
  case "$argument" in
    -h | --help) help_text; exit 0 ;;
    --quick) scope=quick ;;
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
  local module base
  if [ "$scope" = files ]; then printf '%s\n' "${files[@]}"; return; fi
  for module in "${PLAIN_MODULES[@]}" "${TORCH_MODULES[@]}"; do
    find "$ROOT/src/$module" -name '*.cpp' 2>/dev/null
  done | sort >"$list"
  base="$(git -C "$ROOT" merge-base HEAD main 2>/dev/null || true)"
  if [ "$scope" = all ] || [ -z "$base" ]; then cat "$list"; return; fi
  { git -C "$ROOT" diff --name-only --diff-filter=d "$base" -- src
    git -C "$ROOT" ls-files --others --exclude-standard -- src; } | sed "s|^|$ROOT/|" | sort | comm -12 - "$list"
}

check_tidy() {
  local sources=()
  mapfile -t sources < <(tidy_files)
  say "clang-tidy on ${#sources[@]} files"
  [ ${#sources[@]} -gt 0 ] || return 0
  [ -e "$ROOT/build-cpu-release/compile_commands.json" ] || "$ROOT/scripts/build.sh" cpu-release >/dev/null
  printf '%s\0' "${sources[@]}" | xargs -0 -n 1 -P "$(jobs)" clang-tidy-19 --quiet -p "$ROOT/build-cpu-release" \
    --extra-arg=-fno-openmp \
    2> >(grep -vE 'warnings? (generated|treated)|Suppressed|Use -header-filter|^Use -' >&2) ||
    fail "clang-tidy found something"
}

"$ROOT/scripts/setup.sh" --cpu --dev
list="$(mktemp)"
trap 'rm -f "$list"' EXIT
[ "$scope" = files ] || check_format
[ "$scope" != quick ] || exit 0
[ "$scope" = files ] || check_walls
check_tidy
say "all checks passed"
