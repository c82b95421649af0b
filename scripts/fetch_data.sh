#!/usr/bin/env bash
# Downloads the 98 English novels (1839-1930, 76 MB) of the text experiments. Can be repeated safely.
#
#   scripts/fetch_data.sh [--from DIR] [--out data/text/novels]
#
# Source: github.com/computationalstylistics/100_english_novels at the commit below, folder corpus/. Every file is converted
# to UTF-8 NFC with LF line ends and checked against scripts/novels.sha256, which also defines the split by whole novel.
# --from takes the files from a folder instead of the network (as train/X.txt, corpus/X.txt or X.txt).
# Cost: 76 MB of downloads and disk. Time: one to two minutes; a second call does nothing.
set -euo pipefail

commit=143e601875d70e195f2cc5ebd8b034609271194d
base="https://raw.githubusercontent.com/computationalstylistics/100_english_novels/$commit/corpus"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest="$here/novels.sha256"
out="$here/../data/text/novels"
from=""

die() { echo "fetch_data: $*" >&2; exit 2; }

while (($#)); do
  case $1 in
    --from | --out) (($# > 1)) || die "$1 needs a folder"
      if [[ $1 == --from ]]; then from=$2; else out=$2; fi
      shift 2 ;;
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) die "unknown argument '$1'; usage: fetch_data.sh [--from DIR] [--out DIR]" ;;
  esac
done
[[ -z $from || -d $from ]] || die "no folder '$from' (--from)"
[[ -n $from ]] || command -v curl > /dev/null || die "curl is missing: apt-get install curl, or use --from DIR"

hash_of() { sha256sum < "$1" | cut -d' ' -f1; }

# normalise FILE EXPECTED: rewrites FILE as UTF-8 NFC with LF, with or without a leading byte order mark, whichever has
# the expected hash; leaves it unchanged if neither has.
normalise() {
  command -v python3 > /dev/null || return 0
  python3 - "$1" "$2" <<'PYTHON'
import hashlib, sys, unicodedata
path, expected = sys.argv[1:]
try:
    text = open(path, "rb").read().decode("utf-8")
except UnicodeDecodeError as error:
    sys.exit(f"fetch_data: {path}: {error}")
text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
for candidate in (text, text.removeprefix("\ufeff")):
    data = candidate.encode()
    if hashlib.sha256(data).hexdigest() == expected:
        open(path, "wb").write(data)
        break
PYTHON
}

# get NAME TARGET: puts the novel split/X.txt into TARGET.
get() {
  local name=$1 target=$2 plain=${1#*/} candidate
  if [[ -n $from ]]; then
    for candidate in "$from/$name" "$from/corpus/$plain" "$from/$plain"; do
      [[ -f $candidate ]] && { cp -- "$candidate" "$target"; return; }
    done
    die "'$plain' is not under '$from' (looked for $name, corpus/$plain and $plain)"
  fi
  curl --fail --silent --show-error --location --retry 3 --connect-timeout 20 --output "$target" "$base/$plain" ||
    die "cannot download $base/$plain
Without access to GitHub: clone the repository elsewhere (git clone https://github.com/computationalstylistics/100_english_novels,
git checkout $commit), copy its folder here and run: scripts/fetch_data.sh --from DIR"
}

mkdir -p "$out"
partial="$out/.partial.$$"
trap 'rm -f "$partial"' EXIT
total=$(wc -l < "$manifest")
count=0 fetched=0
while read -r expected name; do
  count=$((count + 1))
  if [[ -f $out/$name && $(hash_of "$out/$name") == "$expected" ]]; then continue; fi
  if [[ -t 2 ]]; then printf '\r\033[K%d/%d %s' "$count" "$total" "$name" >&2; fi
  get "$name" "$partial"
  [[ $(hash_of "$partial") == "$expected" ]] || normalise "$partial" "$expected"
  found=$(hash_of "$partial")
  [[ $found == "$expected" ]] || die "$name is not the text of the manifest
  expected SHA-256 $expected
  found            $found
It was changed, cut short, or comes from another version of the repository (wanted: $commit)."
  mkdir -p "$out/$(dirname "$name")"
  mv -- "$partial" "$out/$name"
  fetched=$((fetched + 1))
done < "$manifest"
if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
echo "$total novels under $out, $fetched of them new, all with the hashes of scripts/novels.sha256"
echo "next: build/sinkmoe data import $out --out data/novels"
