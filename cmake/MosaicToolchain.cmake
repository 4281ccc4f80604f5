# Compiler settings that every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Precompiled headers carry times; ccache needs to be told that these do not matter. Nothing that the
  # compiler is given names the checkout's folder but by paths that ccache makes relative, so that every clone
  # on a machine shares one cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_DEPEND=1 CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE_PROGRAM})
endif()

# Linking some forty programs with the default linker takes as long as compiling a folder.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_library(mosaic_options INTERFACE)
target_include_directories(mosaic_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(mosaic_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align
  -Wnull-dereference -Wimplicit-fallthrough -Wsuggest-override -fno-strict-aliasing
  $<$<CONFIG:Debug>:-g1 -O0>
  $<$<CONFIG:Release>:-O2>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these in its own and Boost's headers once it inlines.
  target_compile_options(mosaic_options INTERFACE
    -Wno-maybe-uninitialized -Wno-null-dereference -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
    -Wno-missing-field-initializers -fcoroutines -fpch-preprocess)
else()
  target_compile_options(mosaic_options INTERFACE -Wno-missing-field-initializers)
endif()
if(MOSAIC_SANITIZER)
  target_compile_options(mosaic_options INTERFACE -fsanitize=${MOSAIC_SANITIZER} -fno-omit-frame-pointer)
  target_link_options(mosaic_options INTERFACE -fsanitize=${MOSAIC_SANITIZER})
  if(MOSAIC_SANITIZER MATCHES "thread")
    # GCC does not instrument std::atomic_thread_fence, which Asio uses correctly.
    target_compile_options(mosaic_options INTERFACE -Wno-tsan)
  endif()
else()
  target_compile_definitions(mosaic_options INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
