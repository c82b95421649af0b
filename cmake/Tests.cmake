# Tests that belong to no module: the tree itself, and the fuzz targets.

# tests/tree reads the sources as text and needs nothing but GoogleTest.
function(sinkmoe_tree_tests)
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/tree/*.cpp")
  if(NOT SINKMOE_TESTS OR NOT sources)
    return()
  endif()
  add_executable(test_tree ${sources})
  sinkmoe_warnings(test_tree)
  target_include_directories(test_tree PRIVATE "${CMAKE_SOURCE_DIR}/tests")
  target_compile_definitions(test_tree PRIVATE SINKMOE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(test_tree PRIVATE GTest::gmock GTest::gtest_main)
  gtest_discover_tests(test_tree TEST_PREFIX "tree." DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 60)
endfunction()

# tests/fuzz/NAME_fuzz.cpp -> program fuzz_NAME, linked to every module of the half without LibTorch. Clang only: the
# preset `fuzz` compiles those modules with coverage feedback as well.
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
    target_compile_definitions(fuzz_${name} PRIVATE SINKMOE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(fuzz_${name} PRIVATE ${plugins} sinkmoe_report sinkmoe_queue sinkmoe_weights)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzz fuzz_${name})
  endforeach()
endfunction()
