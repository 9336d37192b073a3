# Compiler settings shared by every target. Variants are chosen by CMakePresets.json.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

set(GVM_SANITIZE "" CACHE STRING "comma-separated sanitizers, e.g. address,undefined")
option(GVM_FUZZ "build the libFuzzer targets (needs clang)" OFF)
option(GVM_BUILD_TESTS "build the tests" ON)
option(GVM_BUILD_BENCH "build the benchmarks" OFF)

find_program(GVM_CCACHE ccache)
option(GVM_PRECOMPILED "compile the headers of Asio and of the standard library once" ON)
if(GVM_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${GVM_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GVM_CCACHE})
endif()

add_library(gvm_compile INTERFACE)
target_compile_options(gvm_compile INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wno-sign-conversion -Wnon-virtual-dtor -Werror=return-type)
option(GVM_WERROR "a warning fails the build" OFF)
if(GVM_WERROR)
  # But not the one about a precompiled header that could not be used: the file is then compiled without.
  target_compile_options(gvm_compile INTERFACE -Werror -Wno-error=invalid-pch)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 finds these by following values through inlined code, and is often wrong there.
    foreach(guess array-bounds dangling-pointer free-nonheap-object null-dereference restrict stringop-overflow
                  stringop-overread use-after-free)
      target_compile_options(gvm_compile INTERFACE -Wno-error=${guess})
    endforeach()
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports uninitialised coroutine frames that are initialised; see docs/adr/0002.
  target_compile_options(gvm_compile INTERFACE -Wno-maybe-uninitialized -Wno-mismatched-new-delete)
endif()
target_compile_definitions(gvm_compile INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION)

if(GVM_PRECOMPILED)
  # Precompiled headers need the same macros in every target, and some libraries ask for -pthread.
  target_compile_options(gvm_compile INTERFACE -pthread)
  if(GVM_CCACHE)
    # Without these two ccache passes by every file that uses a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros ${GVM_CCACHE})
  endif()
endif()

if(GVM_SANITIZE)
  target_compile_options(gvm_compile INTERFACE -fsanitize=${GVM_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=all)
  target_link_options(gvm_compile INTERFACE -fsanitize=${GVM_SANITIZE})
  target_compile_definitions(gvm_compile INTERFACE GVM_SANITIZED=1)
endif()
# For the tests' own code, behind gvm_compile: UBSan watches the code under test, and half of the build is test code that
# runs once.
add_library(gvm_test_compile INTERFACE)
# Behind gvm_compile, for what takes twice the time to compile under UBSan and is not what it is there to watch: the commands of
# genvm-modules and their parser, the client that they use, and the servers and clients of the tests.
add_library(gvm_without_ubsan INTERFACE)
# ThreadSanitizer does not know the fence by which Asio orders handlers; the locks around it order them as well.
if(GVM_SANITIZE MATCHES "thread")
  target_compile_definitions(gvm_compile INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(GVM_SANITIZE MATCHES "undefined")
  target_compile_options(gvm_test_compile INTERFACE -O0 -fno-sanitize=undefined)
  target_compile_options(gvm_without_ubsan INTERFACE -fno-sanitize=undefined)
endif()
if(GVM_FUZZ)
  target_compile_options(gvm_compile INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Linker: mold when present; the default one otherwise.
find_program(GVM_MOLD mold)
if(GVM_MOLD)
  target_link_options(gvm_compile INTERFACE -fuse-ld=mold)
endif()
