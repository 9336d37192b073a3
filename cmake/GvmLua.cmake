# Lua 5.4.8, built as C++ from pinned sources as a static library of ours: the same on every distribution. Compiled as C++, its
# errors are exceptions, so destructors run; some yields are jumps (src/engines/support/lua/lua_build.h, docs/adr/0010). Its names
# are C++ names, so that no other Lua in the process is mistaken for it. The libraries that open files, load code of others
# or look into the interpreter (io, package, debug) are left out.
gvm_pinned(lupa lupa lupa-2.8.tar.gz
  d8022641b9ec8ecf2c5ecbe9f47e5a70e0b87c4b5ae921b92cb02a638e0acd08 */third-party/lua54/*.c */third-party/lua54/*.h)
set(GVM_LUA_SOURCE ${lupa}/lupa-2.8/third-party/lua54)
set(GVM_LUA_SUPPORT ${CMAKE_SOURCE_DIR}/src/engines/support/lua)
set(lua_sources "")
foreach(name api auxlib baselib code corolib ctype debug do dump func gc lex mathlib mem object opcodes oslib parser state
             string strlib table tablib tm undump utf8lib vm zio)
  list(APPEND lua_sources ${GVM_LUA_SOURCE}/l${name}.c)
endforeach()
# What nothing can interrupt and a script could make long. In file NAME the text FROM becomes TO.
function(gvm_change_lua name from to)
  file(READ ${GVM_LUA_SOURCE}/${name} source)
  string(REPLACE "${from}" "${to}" changed "${source}")
  if(changed STREQUAL source)
    message(FATAL_ERROR "${name} of another Lua: \"${from}\" is not there")
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/lua/${name} CONTENT "${changed}" @ONLY)
  list(TRANSFORM lua_sources REPLACE "^.*/${name}$" "${CMAKE_BINARY_DIR}/generated/lua/${name}")
  set(lua_sources "${lua_sources}" PARENT_SCOPE)
endfunction()
# Lua takes an integer key by its remainder: a script can choose keys that all meet, and the rehash of their table takes
# the square of their number. Here the key is mixed with a number no script knows.
gvm_change_lua(ltable.c "  lua_Unsigned ui = l_castS2U(i);\n  if (ui <= cast_uint(INT_MAX))"
               "  lua_Unsigned ui = gvm::lua::mix_key(l_castS2U(i));\n  if (ui <= cast_uint(INT_MAX))")
# strcoll takes a string from one byte 0 to the next: 20 ns each. The locale is always C, where the order is that of bytes.
gvm_change_lua(lvm.c "  for (;;) {  /* for each segment */\n    int temp = strcoll(s1, s2);"
               "  return gvm::lua::compare_bytes(s1, rl1, s2, rl2);\n  for (;;) {\n    int temp = strcoll(s1, s2);")
# A text of millions of digits is read as an integer, searched for a point and read as a float.
gvm_change_lua(lobject.c "  if ((e = l_str2int(s, &i)) != NULL) {  /* try as an integer */"
               "  if (gvm::lua::is_no_number(s)) return 0;\n  if ((e = l_str2int(s, &i)) != NULL) {")
set_source_files_properties(${lua_sources} PROPERTIES LANGUAGE CXX)
add_library(gvm_lua STATIC ${lua_sources} ${GVM_LUA_SUPPORT}/lua_build.cpp)
target_include_directories(gvm_lua SYSTEM PUBLIC ${GVM_LUA_SUPPORT} ${GVM_LUA_SOURCE})
# Names of Lua 5.3 that scripts of the field use (math.pow); localtime_r in place of localtime.
target_compile_definitions(gvm_lua PUBLIC LUA_COMPAT_5_3 PRIVATE LUA_USE_POSIX LUA_USER_H="lua_build.h")
# Optimised and without sanitizers in every build: the tests give scripts budgets of processor time.
target_compile_options(gvm_lua PRIVATE -w -O2)
