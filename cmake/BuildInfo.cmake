# Writes the commit of a binary into a generated source file at every build. The file changes only if the commit does.
set(build_info "${CMAKE_BINARY_DIR}/build_info.cpp")
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
set(build_kind "${CMAKE_BUILD_TYPE} ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
string(APPEND build_kind " ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}")
string(REGEX REPLACE "[ \t\"\\]+" " " build_kind "${build_kind}")
string(STRIP "${build_kind}" build_kind)
set(torch_version "")
if(SINKMOE_TORCH AND EXISTS "${SINKMOE_TORCH_ROOT}/torch/version.py")
  file(STRINGS "${SINKMOE_TORCH_ROOT}/torch/version.py" torch_version REGEX "^__version__ = ")
  string(REGEX REPLACE "^__version__ = '(.*)'$" "\\1" torch_version "${torch_version}")
endif()
set(with_cuda false)
if(SINKMOE_CUDA)
  set(with_cuda true)
endif()
add_custom_target(sinkmoe_build_info BYPRODUCTS "${build_info}"
  COMMAND "${CMAKE_COMMAND}" "-DOUT=${build_info}" "-DKIND=${build_kind}" "-DSOURCE=${CMAKE_SOURCE_DIR}"
    "-DVERSION=${PROJECT_VERSION}" "-DTORCH=${torch_version}" "-DCUDA=${with_cuda}"
    -P "${CMAKE_SOURCE_DIR}/cmake/WriteBuildInfo.cmake" VERBATIM)
target_sources(sinkmoe_queue PRIVATE "${build_info}")
add_dependencies(sinkmoe_queue sinkmoe_build_info)
