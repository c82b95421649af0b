# CUDA kernels are compiled by nvcc without LibTorch headers and called from C++ files beside them. All other C++ files keep
# the flags of the CPU build, so that ccache serves both builds. LibTorch's own CUDA half is loaded at run time
# (tensor/device.h), so the program links and starts on a machine without a GPU.
find_program(SINKMOE_NVCC nvcc HINTS "$ENV{CUDA_HOME}/bin" "$ENV{CUDACXX}" /usr/local/cuda/bin
  DOC "the CUDA 13.0 compiler")
if(NOT SINKMOE_NVCC)
  message(FATAL_ERROR "SINKMOE_CUDA is ON, but nvcc was not found. Install the CUDA 13.0 toolkit, put its bin folder into "
                      "PATH, or configure with -DSINKMOE_CUDA=OFF.")
endif()
set(CMAKE_CUDA_COMPILER "${SINKMOE_NVCC}" CACHE FILEPATH "")
set(CMAKE_CUDA_ARCHITECTURES "80;90" CACHE STRING "A100 and H100, H200")
set(CMAKE_CUDA_RUNTIME_LIBRARY None)  # LibTorch's shared runtime, not a second, static one
enable_language(CUDA)

set(_nvidia "${SINKMOE_TORCH_ROOT}/nvidia/cu13")
add_library(sinkmoe_libtorch_cuda INTERFACE)
target_include_directories(sinkmoe_libtorch_cuda SYSTEM INTERFACE "${_nvidia}/include")
target_link_libraries(sinkmoe_libtorch_cuda INTERFACE sinkmoe_libtorch
  "${SINKMOE_TORCH_ROOT}/torch/lib/libc10_cuda.so" "${_nvidia}/lib/libcudart.so.13")

# src/NAME/cuda/*.cu and *.cpp, linked as objects into every program.
function(sinkmoe_cuda_objects name)
  file(GLOB kernels CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/cuda/*.cu")
  file(GLOB callers CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/src/${name}/cuda/*.cpp")
  if(NOT kernels)
    return()
  endif()
  add_library(sinkmoe_${name}_kernels OBJECT ${kernels})
  target_include_directories(sinkmoe_${name}_kernels PRIVATE "${CMAKE_SOURCE_DIR}/src")
  # CMake 3.25 knows no CUDA standard 20 with nvcc 13.
  set_target_properties(sinkmoe_${name}_kernels PROPERTIES CUDA_STANDARD 17 CUDA_STANDARD_REQUIRED ON)
  add_library(sinkmoe_${name}_cuda OBJECT ${callers})
  sinkmoe_warnings(sinkmoe_${name}_cuda)
  sinkmoe_torch_unit(sinkmoe_${name}_cuda)
  target_link_libraries(sinkmoe_${name}_cuda PUBLIC sinkmoe_${name} sinkmoe_libtorch_cuda)
  # The program without LibTorch takes neither of them.
  set_target_properties(sinkmoe_${name}_kernels sinkmoe_${name}_cuda PROPERTIES SINKMOE_WITH_TORCH ON)
  set_property(GLOBAL APPEND PROPERTY SINKMOE_PLUGIN_OBJECTS sinkmoe_${name}_kernels sinkmoe_${name}_cuda)
endfunction()
