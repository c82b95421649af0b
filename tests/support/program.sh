# For tests of the program, $sinkmoe: values of its databases, and whether it trains. Sourced, never run; the test defines die().

# number DB SQL: the single value of a query.
number() { sqlite3 -readonly -cmd '.timeout 10000' "$1" "$2"; }

# expect WHAT GOT WANTED
expect() { [ "$2" = "$3" ] || die "$1: got '$2', wanted '$3'"; }

# torch_program: prints the path of the program with LibTorch beside the one under test; fails if there is none.
torch_program() {
  local program
  program="$(dirname "$(realpath "$sinkmoe")")/sinkmoe_torch"
  [ -x "$program" ] && echo "$program"
}

# with_torch: skips a test that trains if the program has no LibTorch.
with_torch() {
  "$sinkmoe" --help | grep -q '^  run ' || { echo "skipped: the program cannot run sweeps"; exit 77; }
  torch_program >/dev/null || { echo "skipped: built without LibTorch"; exit 77; }
}
