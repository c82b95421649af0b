# Script of the target sinkmoe_build_info: writes OUT from the state of the git tree at SOURCE.
execute_process(COMMAND git -C "${SOURCE}" rev-parse HEAD OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET RESULT_VARIABLE failed)
set(dirty "false")
if(failed)
  set(commit "unknown")
else()
  execute_process(COMMAND git -C "${SOURCE}" status --porcelain --untracked-files=no OUTPUT_VARIABLE changes ERROR_QUIET)
  if(NOT "${changes}" STREQUAL "")
    set(dirty "true")
  endif()
endif()
set(text "#include \"queue/build_info.h\"\n
namespace sinkmoe::queue {
const BuildInfo kBuildInfo{\"${commit}\", ${dirty}, \"${KIND}\", \"${VERSION}\", \"${TORCH}\", ${CUDA}};
}  // namespace sinkmoe::queue\n")
set(old "")
if(EXISTS "${OUT}")
  file(READ "${OUT}" old)
endif()
if(NOT old STREQUAL text)
  file(WRITE "${OUT}" "${text}")
endif()
