// Threshold and replacement value for rows without an output gradient, shared by all backends of
// the fix-ups.
#pragma once

namespace sinkmoe::attention {

// A row whose |d_out| are all below this counts as zero. If such a row needs D != 0, channel 0 of
// its d_out is replaced by this value: far below the rounding of other numbers, and a power of two
// that fp32, fp64 and bf16 hold exactly.
inline constexpr double kEmptyRow = 0x1p-100;

}  // namespace sinkmoe::attention
