// The constants of e^x = 2^n e^r in fp32, with r in [-ln2/2, ln2/2]: relative error below 2e-7. The
// loops that use them exist twice, with vector registers and for the vectoriser, because a function
// must name the instruction set that it is compiled for.
#pragma once

namespace sinkmoe::tensor {

inline constexpr float kLog2E = 1.44269504f;
inline constexpr float kToNearest = 12582912.0f;  // x + this - this rounds x to an integer
inline constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;  // their sum is ln 2
// e^r = ((((((c0 r + c1) r + c2) r + c3) r + c4) r + c5) r^2 + r + 1
inline constexpr float kExp[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};

}  // namespace sinkmoe::tensor
