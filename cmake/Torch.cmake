# LibTorch from the unpacked PyPI wheel, without its TorchConfig.cmake, which requires a CUDA toolkit even for a CPU
# program. scripts/setup.sh unpacks the wheel; SINKMOE_TORCH_ROOT is the folder that holds torch/ and nvidia/.
set(_cache "$ENV{SINKMOE_CACHE}")
if(NOT _cache)
  if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
    set(_cache "$ENV{XDG_CACHE_HOME}/sinkmoe")
  else()
    set(_cache "$ENV{HOME}/.cache/sinkmoe")
  endif()
endif()
foreach(_kind cuda cpu)
  if(NOT SINKMOE_TORCH_ROOT AND EXISTS "${_cache}/libtorch-2.11.0-${_kind}/torch/lib/libtorch_cpu.so")
    set(SINKMOE_TORCH_ROOT "${_cache}/libtorch-2.11.0-${_kind}")
  endif()
endforeach()
set(SINKMOE_TORCH_ROOT "${SINKMOE_TORCH_ROOT}" CACHE PATH "folder with the unpacked torch wheel")
set(_lib "${SINKMOE_TORCH_ROOT}/torch/lib")
if(NOT EXISTS "${_lib}/libtorch_cpu.so")
  message(FATAL_ERROR "LibTorch 2.11.0 not found under '${SINKMOE_TORCH_ROOT}'. Run scripts/setup.sh first, or configure "
                      "with -DSINKMOE_TORCH=OFF for a program that only plans, queries and reports.")
endif()

add_library(sinkmoe_libtorch INTERFACE)
target_include_directories(sinkmoe_libtorch SYSTEM INTERFACE
  "${SINKMOE_TORCH_ROOT}/torch/include" "${SINKMOE_TORCH_ROOT}/torch/include/torch/csrc/api/include")
# at::parallel_for uses one thread unless its callers are compiled with OpenMP. The runtime library is LibTorch's.
target_compile_options(sinkmoe_libtorch INTERFACE -fopenmp)
target_link_libraries(sinkmoe_libtorch INTERFACE "${_lib}/libtorch_cpu.so" "${_lib}/libc10.so" "${_lib}/libgomp.so.1")
target_link_options(sinkmoe_libtorch INTERFACE "-Wl,-rpath,${_lib}" "-Wl,-rpath,${SINKMOE_TORCH_ROOT}/nvidia/cu13/lib"
  "-Wl,--allow-shlib-undefined")

if(SINKMOE_CUDA)
  include(Cuda)
endif()

# LibTorch contains Gloo (c10d on a CPU), but not its headers, of which c10d's need the names of five types.
function(sinkmoe_gloo_names target)
  if(NOT EXISTS "${SINKMOE_TORCH_ROOT}/torch/include/gloo/context.h")
    foreach(header algorithm common/error context rendezvous/store transport/device)
      file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/gloo_names/gloo/${header}.h" CONTENT "#include \"ranks/gloo_names.h\"\n")
    endforeach()
    target_include_directories(${target} SYSTEM PRIVATE "${CMAKE_BINARY_DIR}/gloo_names")
  endif()
endfunction()
