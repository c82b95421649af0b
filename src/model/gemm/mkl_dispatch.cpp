// MKL, which LibTorch carries, gives AVX-512 matrix kernels to processors of one vendor only;
// others get AVX2 ones, at less than half the speed where the hardware runs AVX-512 at full width.
// MKL asks this exported function; a program that defines it answers for itself. The instruction
// sets that MKL then uses are still the ones that the processor reports. Without AVX-512 the answer
// is the true vendor, so that nothing changes there.
//
// Object file, not part of a library: the linker would leave out what no file of ours
// refers to. Replaces mkl_serv_intel_cpu_true of MKL 2024 in LibTorch 2.11; a LibTorch
// without it ignores this one.
extern "C" __attribute__((visibility("default"))) int mkl_serv_intel_cpu_true() {
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide || __builtin_cpu_is("intel");
}
