include(GoogleTest)

# gvm_group(NAME): the folders that follow are in src/NAME, which is an include root.
macro(gvm_group name)
  set(GVM_GROUP ${name})
  if("${name}" MATCHES "foundation|domain")   # `name` is no variable in a macro
    set(GVM_GROUP_PRECOMPILED std)
  else()
    set(GVM_GROUP_PRECOMPILED asio)
  endif()
  target_include_directories(gvm_compile INTERFACE ${CMAKE_SOURCE_DIR}/src/${name})
endmacro()

add_custom_target(unit_tests)   # the test programs of src/

# gvm_library(NAME [DEPS ...]): one folder of the current group is one static library. Every *.cpp beside is compiled;
# *_test.cpp, and test_*.cpp, which several of them share, make the executable NAME_test, each of whose tests is a ctest
# test of its own. A folder inside another one is a library of its own: gvm_library(store/sqlite) makes gvm_store_sqlite
# and store_sqlite_test.
function(gvm_library folder)
  cmake_parse_arguments(ARG "" "" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${GVM_GROUP}/${folder}/*.cpp)
  string(REPLACE "/" "_" name ${folder})
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|/test_[^/]*)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "(_test|/test_[^/]*)\\.cpp$")
  if(sources)
    add_library(gvm_${name} STATIC ${sources})
    target_link_libraries(gvm_${name} PUBLIC gvm_compile ${ARG_DEPS})
    gvm_precompiled(gvm_${name} ${GVM_GROUP_PRECOMPILED})
  else()
    add_library(gvm_${name} INTERFACE)
    target_link_libraries(gvm_${name} INTERFACE gvm_compile ${ARG_DEPS})
  endif()
  if(GVM_BUILD_TESTS AND tests)
    gvm_test(${name}_test SOURCES ${tests} DEPS gvm_${name} ${ARG_TEST_DEPS})
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()

# gvm_test(NAME SOURCES ... DEPS ... [LABELS ...] [SERIAL]): a GoogleTest executable with discovered tests.
function(gvm_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} gvm_test_support GTest::gmock GTest::gtest_main
                        gvm_test_compile)
  gvm_precompiled(${name} test)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set(props TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)
    list(APPEND props LABELS "${ARG_LABELS}")
  endif()
  if(ARG_SERIAL)
    list(APPEND props RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES ${props})
endfunction()
