# Script: copies SOURCES/FILE to OUT with the fault of the file PLANTED: its second line is FILE, its third the text that is
# replaced by the fourth. The text must occur once, so that a fault whose place has changed is noticed.
file(STRINGS "${PLANTED}" lines)
list(GET lines 1 file)
list(GET lines 2 old)
list(GET lines 3 new)
file(READ "${SOURCES}/${file}" text)
string(FIND "${text}" "${old}" first)
string(FIND "${text}" "${old}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
  message(FATAL_ERROR "${PLANTED}: this text is not in ${file} once: ${old}")
endif()
string(REPLACE "${old}" "${new}" text "${text}")
file(WRITE "${OUT}" "${text}")
