// The mathematics of probes: pure functions of tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace sinkmoe::metrics {

// Effective rank of matrices X [rows, K], given X^T X [.., K, K]: exp of the entropy of
// the singular values over their sum (Roy and Vetterli, 2007). Between 1 and K, fp64; 0
// for a matrix of zeros.
at::Tensor effective_rank(const at::Tensor& moment_KK);

// How often each number below `bins` occurs for each head: [B,H,T] -> [H,bins], int64. Reads nothing
// back from a GPU; counts_by_sorting is how it is done there.
at::Tensor counts_HB(const at::Tensor& bin_BHT, int64_t bins);
at::Tensor counts_by_sorting(const at::Tensor& bin_BHT, int64_t bins);

// Share of the sum that the largest `count` numbers of each row hold, mean over rows: [L,H] ->
// scalar. A row of zeros counts as 0.
double top_share(const at::Tensor& x_LH, int64_t count);

// Coefficient of variation over heads (population deviation), mean over layers. Negative values
// count as 0; a layer of zeros has 0. At most sqrt(H - 1).
double mean_cv(const at::Tensor& x_LH);

// Spearman's rank correlation of two tensors with the same number of elements: Pearson's correlation
// of their ranks, where equal numbers share the mean of their ranks. nullopt if all numbers of one
// of them are equal, or if there are fewer than two.
std::optional<double> rank_correlation(const at::Tensor& x, const at::Tensor& y);

// Kurtosis of each row's numbers: fourth central moment over squared variance, [B,..] -> [B], fp64.
// 3 for a normal distribution; 0 for a constant row.
at::Tensor kurtosis_B(const at::Tensor& x);

// x rounded as symmetric 8-bit integers store it: multiples of largest / 127, ties to even, clipped
// at +-largest.
at::Tensor int8_round_trip(const at::Tensor& x, double largest);

}  // namespace sinkmoe::metrics
