#include "data/synthetic/backcopy.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/hash.h"
#include "core/random.h"
#include "core/text/number.h"

namespace sinkmoe::data {

namespace {

void check_fields(const BackcopyOptions& options) {
  std::vector<Problem> problems;
  if (options.symbols > kMaxBackcopySymbols)
    problems.push_back({"data.symbols is " + std::to_string(options.symbols) +
                            ", the backcopy chain holds at most " +
                            std::to_string(kMaxBackcopySymbols),
                        "", "lower data.symbols"});
  if (options.triggers >= options.symbols)
    problems.push_back({"data.triggers is " + std::to_string(options.triggers) + " with " +
                            std::to_string(options.symbols) +
                            " symbols: every symbol would be a trigger",
                        "", "lower data.triggers"});
  else if (options.trigger_rank + options.triggers > options.symbols)
    problems.push_back({"data.trigger_rank is " + std::to_string(options.trigger_rank) + " with " +
                            std::to_string(options.triggers) + " triggers of " +
                            std::to_string(options.symbols) + " symbols",
                        "", "lower data.trigger_rank or data.triggers"});
  if (!problems.empty()) throw Error(problems);
}

void normalise(std::span<double> weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& w : weights) w /= sum;
}

// Works with log weights and subtracts the largest of the row, so that a large `sharp` cannot
// overflow.
std::vector<double> draw_transition(const BackcopyOptions& options) {
  const auto n = static_cast<size_t>(options.symbols);
  std::vector<double> transition(n * n);
  for (size_t i = 0; i < n; ++i) {
    Draw draw(static_cast<uint64_t>(options.chain_seed), "backcopy/chain", 0, i);
    const std::span row = std::span(transition).subspan(i * n, n);
    for (size_t j = 0; j < n; ++j)
      row[j] = options.sharp * draw.normal() - options.zipf * std::log(static_cast<double>(j + 1));
    const double largest = *std::max_element(row.begin(), row.end());
    for (double& w : row) w = std::exp(w - largest);
    normalise(row);
  }
  return transition;
}

// next = now * B
void advance(std::span<const double> transition, std::span<const double> now,
             std::span<double> next) {
  const size_t n = now.size();
  std::fill(next.begin(), next.end(), 0.0);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) next[j] += now[i] * transition[i * n + j];
}

double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

std::vector<double> find_stationary(std::span<const double> transition, size_t n) {
  std::vector<double> now(n, 1.0 / static_cast<double>(n)), next(n);
  for (int round = 0; round < 10000; ++round) {
    advance(transition, now, next);
    normalise(next);
    now.swap(next);
    if (distance(now, next) < 1e-13) return now;
  }
  throw Error("the chain does not mix: no stationary distribution after 10000 rounds", "data.sharp",
              "lower data.sharp or take another data.chain_seed");
}

// The symbols of rank `first` .. `first + count - 1` in probability; ties by symbol.
std::vector<int32_t> by_probability(std::span<const double> probability, int64_t first,
                                    int64_t count) {
  std::vector<int32_t> order(probability.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return probability[static_cast<size_t>(a)] > probability[static_cast<size_t>(b)];
  });
  return {order.begin() + first, order.begin() + first + count};
}

}  // namespace

BackcopyTask make_backcopy(const BackcopyOptions& options) {
  check_fields(options);
  BackcopyTask task;
  task.symbols = options.symbols;
  task.bos = static_cast<int32_t>(options.symbols);
  task.transition = draw_transition(options);
  task.stationary = find_stationary(task.transition, static_cast<size_t>(options.symbols));
  task.triggers = by_probability(task.stationary, options.trigger_rank, options.triggers);
  task.is_trigger.assign(static_cast<size_t>(options.symbols + 1), 0);
  task.start = task.stationary;
  for (int32_t trigger : task.triggers) {
    task.is_trigger[static_cast<size_t>(trigger)] = 1;
    task.start[static_cast<size_t>(trigger)] = 0;
  }
  normalise(task.start);
  return task;
}

// Fields that were added later enter the text only if not at their default, so that old hashes
// stay.
std::string backcopy_hash(const BackcopyOptions& options) {
  check_fields(options);
  std::string text = "backcopy 1\nsymbols=" + std::to_string(options.symbols) +
                     "\ntriggers=" + std::to_string(options.triggers) +
                     "\nchain_seed=" + std::to_string(options.chain_seed) +
                     "\nzipf=" + shortest(options.zipf) + "\nsharp=" + shortest(options.sharp) +
                     "\n";
  if (options.trigger_rank != 0)
    text += "trigger_rank=" + std::to_string(options.trigger_rank) + "\n";
  if (!options.bos) text += "bos=0\n";
  return sha256_hex(text);
}

double entropy_nats(std::span<const double> probability) {
  double nats = 0;
  for (double p : probability)
    if (p > 0) nats -= p * std::log(p);
  return nats;
}

double chain_entropy(const BackcopyTask& task) {
  double nats = 0;
  for (int64_t i = 0; i < task.symbols; ++i)
    nats += task.stationary[static_cast<size_t>(i)] * entropy_nats(task.row(i));
  return nats;
}

double trigger_mass(const BackcopyTask& task) {
  double mass = 0;
  for (int32_t trigger : task.triggers) mass += task.stationary[static_cast<size_t>(trigger)];
  return mass;
}

namespace {

// The distribution of (x_{t-2}, x_{t-1}), as far as x_t depends on it. Two triggers are never
// adjacent (x_1 is not a trigger, and a copy is not one), so x_t is a copy if x_{t-1} is a trigger,
// and otherwise comes from the chain.
struct PairState {
  std::vector<double> plain;   // P(x_{t-1} = b), 0 for a trigger b, [n]
  std::vector<double> copied;  // P(x_{t-2} = a and x_{t-1} is a trigger), [n]
};

PairState next_state(const BackcopyTask& task, const PairState& state) {
  const size_t n = state.plain.size();
  PairState next{std::vector<double>(n), std::vector<double>(n)};
  advance(task.transition, state.plain, next.plain);
  for (int32_t trigger : task.triggers) {
    const auto k = static_cast<size_t>(trigger);
    next.plain[k] = 0;
    for (size_t a = 0; a < n; ++a) next.copied[a] += state.plain[a] * task.transition[a * n + k];
  }
  for (size_t a = 0; a < n; ++a) next.plain[a] += state.copied[a];
  return next;
}

}  // namespace

BackcopyFloor backcopy_floor(const BackcopyTask& task, int64_t context, bool bos) {
  const auto n = static_cast<size_t>(task.symbols);
  std::vector<double> row_entropy(n);
  for (size_t i = 0; i < n; ++i) row_entropy[i] = entropy_nats(task.row(static_cast<int64_t>(i)));
  PairState state{task.start, std::vector<double>(n, 0.0)};
  // Without BOS the first drawn symbol is not a target, and the row holds one more symbol.
  const int64_t drawn = bos ? context : context + 1;
  double nats = bos ? entropy_nats(task.start) : 0, chain = bos ? 1 : 0;
  for (int64_t t = 2; t <= drawn; ++t) {
    const PairState next = next_state(task, state);
    const bool settled =
        distance(next.plain, state.plain) + distance(next.copied, state.copied) < 1e-13;
    // Once the distribution no longer changes, the rest of the row repeats this position.
    const double count = settled ? static_cast<double>(drawn - t + 1) : 1;
    nats += count *
            std::inner_product(state.plain.begin(), state.plain.end(), row_entropy.begin(), 0.0);
    chain += count * std::accumulate(state.plain.begin(), state.plain.end(), 0.0);
    if (settled) break;
    state = next;
  }
  const auto targets = static_cast<double>(context);
  return {nats / targets, nats / chain, 1 - chain / targets};
}

}  // namespace sinkmoe::data
