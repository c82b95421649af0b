# Tests that belong to no module: the tree itself, and the fuzz targets.

# tests/tree reads the sources as text and needs only GoogleTest.
function(sinkmoe_tree_tests)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/tree/*.cpp")
  if(NOT SINKMOE_TESTS OR NOT sources)
    return()
  endif()
  add_executable(test_tree ${sources})
  sinkmoe_warnings(test_tree)
  sinkmoe_plain_pch(test_tree test)
  sinkmoe_cold(test_tree)
  target_include_directories(test_tree PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_link_libraries(test_tree PRIVATE sinkmoe_source_dir sinkmoe_suite_failures GTest::gmock GTest::gtest_main)
  target_compile_definitions(test_tree PRIVATE SINKMOE_CTEST="${CMAKE_CTEST_COMMAND}")
  gtest_discover_tests(test_tree TEST_PREFIX "tree." DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 60)
endfunction()

# tests/kernels: the CUDA kernels on the processor (tests/support/kernels_on_cpu.h), without LibTorch, so that sanitizers see
# every access in each preset. tests/kernels/planted/NAME.txt plants a fault in a copy of a kernel: the test of its first line
# must then say what the last line says.
function(sinkmoe_kernel_tests)
  if(NOT SINKMOE_TESTS OR SINKMOE_SANITIZE STREQUAL "thread")
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/kernels/*_test.cpp")
  sinkmoe_kernel_program(test_kernels "${CMAKE_SOURCE_DIR}/src" ${sources})
  gtest_discover_tests(test_kernels TEST_PREFIX "kernels." DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300
    ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0")
  add_custom_target(planted_kernels)
  file(GLOB planted CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/kernels/planted/*.txt")
  foreach(fault ${planted})
    get_filename_component(name "${fault}" NAME_WE)
    file(STRINGS "${fault}" lines)
    list(GET lines 0 test)
    list(GET lines 1 file)
    list(GET lines 4 finding)
    set(copy "${CMAKE_BINARY_DIR}/planted/${name}/${file}")
    add_custom_command(OUTPUT "${copy}" DEPENDS "${fault}" "${CMAKE_SOURCE_DIR}/src/${file}"
      COMMAND "${CMAKE_COMMAND}" "-DSOURCES=${CMAKE_SOURCE_DIR}/src" "-DOUT=${copy}" "-DPLANTED=${fault}"
        -P "${CMAKE_SOURCE_DIR}/cmake/Plant.cmake" VERBATIM)
    set_source_files_properties("${copy}" PROPERTIES HEADER_FILE_ONLY ON)  # the test includes it; nvcc must not compile it
    sinkmoe_kernel_program(planted_${name} "${CMAKE_BINARY_DIR}/planted/${name}"
      "${CMAKE_SOURCE_DIR}/tests/kernels/${test}.cpp" "${copy}")
    add_dependencies(planted_kernels planted_${name})
    add_test(NAME planted.${name} COMMAND planted_${name})
    set_tests_properties(planted.${name} PROPERTIES TIMEOUT 120 PASS_REGULAR_EXPRESSION "${finding}"
      ENVIRONMENT "ASAN_OPTIONS=detect_leaks=0")
  endforeach()
endfunction()

function(sinkmoe_kernel_program name first_includes)
  add_executable(${name} ${ARGN})
  sinkmoe_warnings(${name})
  target_include_directories(${name} PRIVATE "${first_includes}" "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE SINKMOE_KERNELS_ON_CPU)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_compile_options(${name} PRIVATE -O1 -g1 ${sanitizers})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${name} PRIVATE -fsanitize-sections=emulated_shared)  # guards around shared arrays
  endif()
  target_link_options(${name} PRIVATE ${sanitizers})
  target_link_libraries(${name} PRIVATE GTest::gmock GTest::gtest_main)
endfunction()

# Tools for tests/full: the library that makes calls fail, a program that is killed during a migration, and one that
# encodes texts.
function(sinkmoe_fault_tools)
  if(NOT SINKMOE_TESTS OR SINKMOE_SANITIZE)
    return()
  endif()
  add_library(faults SHARED tests/faults/faults.cpp)
  sinkmoe_warnings(faults)
  target_link_libraries(faults PRIVATE ${CMAKE_DL_LIBS})
  add_executable(drill_migrate tests/faults/migrate.cpp)
  sinkmoe_warnings(drill_migrate)
  target_link_libraries(drill_migrate PRIVATE sinkmoe_store)
  add_executable(drill_encode tests/faults/encode.cpp)
  sinkmoe_warnings(drill_encode)
  target_link_libraries(drill_encode PRIVATE sinkmoe_data)
endfunction()

# tests/fuzz/NAME_fuzz.cpp -> program mutants_NAME: runs the fuzz target on a fixed number of mutated seeds, with any
# compiler. A test runs some hundred of them; tests/full/malformed.sh runs ten thousand.
function(sinkmoe_mutants)
  if(NOT SINKMOE_TESTS OR SINKMOE_SANITIZE STREQUAL "thread")
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp")
  add_library(mutants OBJECT tests/fuzz/mutants.cpp)
  sinkmoe_warnings(mutants)
  add_custom_target(mutant_programs)
  foreach(source ${sources})
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name "${name}")
    add_executable(mutants_${name} "${source}" $<TARGET_OBJECTS:mutants>)
    sinkmoe_warnings(mutants_${name})
    target_include_directories(mutants_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(mutants_${name} PRIVATE sinkmoe_attention_variants_declared sinkmoe_balance_losses_declared
      sinkmoe_data_sources sinkmoe_pretrained_families sinkmoe_report sinkmoe_queue sinkmoe_pretrained)
    add_dependencies(mutant_programs mutants_${name})
    set(folders "")
    foreach(folder seeds corpus)
      if(IS_DIRECTORY "${CMAKE_SOURCE_DIR}/tests/fuzz/${folder}/${name}")
        list(APPEND folders "${CMAKE_SOURCE_DIR}/tests/fuzz/${folder}/${name}")
      endif()
    endforeach()
    add_test(NAME mutants.${name} COMMAND mutants_${name} 300 1 ${folders} WORKING_DIRECTORY "${CMAKE_BINARY_DIR}")
    set_tests_properties(mutants.${name} PROPERTIES TIMEOUT 120)
  endforeach()
endfunction()

# tests/fuzz/NAME_fuzz.cpp -> program fuzz_NAME, linked to every module of the half without LibTorch. Clang only; the
# preset `fuzz` compiles those modules with coverage feedback too.
function(sinkmoe_fuzz_targets)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/fuzz/*_fuzz.cpp")
  get_property(plugins GLOBAL PROPERTY SINKMOE_PLUGIN_OBJECTS)
  add_custom_target(fuzz)
  foreach(source ${sources})
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name "${name}")
    add_executable(fuzz_${name} "${source}")
    sinkmoe_warnings(fuzz_${name})
    target_include_directories(fuzz_${name} PRIVATE "${CMAKE_SOURCE_DIR}/tests")
    target_link_libraries(fuzz_${name} PRIVATE ${plugins} sinkmoe_report sinkmoe_queue sinkmoe_pretrained)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz fuzz_${name})
  endforeach()
endfunction()
