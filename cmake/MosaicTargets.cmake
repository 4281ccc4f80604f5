# What nearly every source reads is parsed once: the standard library's larger headers, and for tests GoogleTest on
# top. Nothing of Boost, CLI11 or nlohmann is in there: loading so large a header costs a small source more than parsing
# saves (CLI11's 2.4 s each), and which room may use them would no longer show. `./dev lint` reads the sources without any of this, so that
# an include that is missing is still found.
set(mosaic_standard_headers <algorithm> <chrono> <condition_variable> <functional> <map> <memory> <mutex>
    <optional> <set> <span> <sstream> <stdexcept> <string> <string_view> <thread> <unordered_map> <variant> <vector>)

# mosaic_shared_headers(<target> HEADERS ... [LIBS ...])
#   A target that only owns a precompiled header, which others reuse.
function(mosaic_shared_headers target)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBS" ${ARGN})
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/${target}.cpp" @ONLY CONTENT "")
  add_library(${target} OBJECT "${CMAKE_BINARY_DIR}/${target}.cpp")
  target_link_libraries(${target} PRIVATE mosaic_options ${ARG_LIBS})
  target_precompile_headers(${target} PRIVATE ${ARG_HEADERS})
endfunction()

mosaic_shared_headers(mosaic_precompiled HEADERS ${mosaic_standard_headers})

# mosaic_library(<folder> SOURCES ... LIBS ... [PRIVATE_LIBS ...])
#   The static library mosaic_<folder>; LIBS are what its headers need, PRIVATE_LIBS stay inside.
function(mosaic_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(mosaic_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(mosaic_${name} PUBLIC mosaic_options ${ARG_LIBS} PRIVATE ${ARG_PRIVATE_LIBS})
  target_precompile_headers(mosaic_${name} REUSE_FROM mosaic_precompiled)
endfunction()

# mosaic_test(<name> SOURCES ... LIBS ... [LABELS ...] [TIMEOUT seconds] [SERIAL]
#             [PRECOMPILED_BY a target with precompiled headers, instead of the common one] [BY_HAND]
#             [WITHIN a command that runs it])
#   One GoogleTest executable <name>_test. SERIAL runs it as one ctest entry (shared, expensive set-up);
#   otherwise every TEST is an entry of its own. Entries labelled `engine` never run side by side. Those that
#   are labelled `swarm` as well use the nodes of a lab instead, and never run side by side with each other. BY_HAND: no entry.
function(mosaic_test name)
  cmake_parse_arguments(ARG "SERIAL;BY_HAND" "TIMEOUT;PRECOMPILED_BY" "SOURCES;LIBS;LABELS;WITHIN" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE mosaic_options ${ARG_LIBS} mosaic_checkout GTest::gtest GTest::gmock GTest::gtest_main)
  if(NOT ARG_PRECOMPILED_BY)
    set(ARG_PRECOMPILED_BY mosaic_precompiled_tests)
  endif()
  target_precompile_headers(${name}_test REUSE_FROM ${ARG_PRECOMPILED_BY})
  if(ARG_BY_HAND)
    return()
  endif()
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if("swarm" IN_LIST ARG_LABELS)
    list(APPEND properties RESOURCE_LOCK swarm)
  elseif("engine" IN_LIST ARG_LABELS)
    list(APPEND properties RESOURCE_LOCK engine)
  endif()
  if(ARG_SERIAL)
    add_test(NAME ${name} COMMAND ${ARG_WITHIN} $<TARGET_FILE:${name}_test>)
    set_tests_properties(${name} PROPERTIES ${properties} LABELS "${ARG_LABELS}")
  else()
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
    # Discovery takes lists among the properties apart, so the labels follow once the tests are known.
    set(labels_file "${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake")
    file(WRITE "${labels_file}" "foreach(test IN LISTS ${name}_test_TESTS)\n"
         "  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${ARG_LABELS}\")\nendforeach()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels_file}")
  endif()
endfunction()
