// MKL, which is part of LibTorch, uses its AVX-512 matrix kernels on processors of one vendor only.
// Others get AVX2 kernels, at less than half the speed if the hardware runs AVX-512 at full width.
// MKL calls this exported function, and a program that defines it can answer itself. MKL still
// uses only instruction sets that the processor reports. Without AVX-512 the answer is the true
// vendor, so that nothing changes.
//
// This is an object file, not part of a library: the linker would drop it, because no file of ours
// refers to it. It replaces mkl_serv_intel_cpu_true of MKL 2024 in LibTorch 2.11; a LibTorch
// without that function ignores it.
extern "C" __attribute__((visibility("default"))) int mkl_serv_intel_cpu_true() {
  __builtin_cpu_init();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide || __builtin_cpu_is("intel");
}
