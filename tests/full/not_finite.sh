#!/usr/bin/env bash
# Puts NaN and infinity into weights, moments, gradients and data, INJECTIONS (100) times each, and reads COUNT (10000)
# damaged checkpoints of real training. Needs LibTorch.
# Cost: 5 minutes of one core.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
tests="$(dirname "$(realpath "$sinkmoe")")/test_train"
[ -x "$tests" ] || { echo "skipped: no test_train beside the program"; exit 77; }

# tests_of FILTER: the number of test cases of the filter that passed and failed.
tests_of() {
  "$tests" --gtest_filter="$1" --gtest_output="json:$results/test_train.gtest" >"$results/not_finite.log" 2>&1 || true
  sed -nE '1,6{s/.*"tests": ([0-9]+).*/\1/p;s/.*"failures": ([0-9]+).*/\1/p}' "$results/test_train.gtest" | head -n 2 | tr '\n' ' '
  echo
}

injections="${INJECTIONS:-100}" count="${COUNT:-10000}" code=0
read -r cases failed < <(SINKMOE_INJECTIONS="$injections" tests_of 'NotFiniteValues.*')
[ "$failed" = 0 ] || { tail -n 20 "$results/not_finite.log"; code=1; }
result not_finite "$failed" "{\"places\": [\"weights\", \"moments\", \"gradients\", \"data\"], \"injections_each\": $injections,
  \"cases\": $cases, \"failed\": $failed, \"steps_until_found_at_most\": 2}"
started=$SECONDS
read -r cases failed < <(SINKMOE_MUTANTS="$count" tests_of 'CheckpointMutants.*')
[ "$failed" = 0 ] || { tail -n 20 "$results/not_finite.log"; code=1; }
result malformed_checkpoint "$failed" "{\"target\": \"checkpoint\", \"inputs\": $count, \"seed\": 3, \"seconds\": $((SECONDS - started))}"
exit "$code"
