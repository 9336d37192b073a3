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
# Lua takes an integer key by its remainder: a script can choose keys that all meet, and the rehash of their table, which
# nothing can interrupt, takes the square of their number. Here the key is mixed with a number no script knows.
file(READ ${GVM_LUA_SOURCE}/ltable.c table_source)
string(REPLACE "  lua_Unsigned ui = l_castS2U(i);\n  if (ui <= cast_uint(INT_MAX))"
               "  lua_Unsigned ui = gvm::lua::mix_key(l_castS2U(i));\n  if (ui <= cast_uint(INT_MAX))"
       mixed_source "${table_source}")
if(mixed_source STREQUAL table_source)
  message(FATAL_ERROR "ltable.c of another Lua: hashint() is not where it was")
endif()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/lua/ltable.c CONTENT "${mixed_source}" @ONLY)
list(TRANSFORM lua_sources REPLACE "^.*/ltable[.]c$" "${CMAKE_BINARY_DIR}/generated/lua/ltable.c")
set_source_files_properties(${lua_sources} PROPERTIES LANGUAGE CXX)
add_library(gvm_lua STATIC ${lua_sources} ${GVM_LUA_SUPPORT}/lua_build.cpp)
target_include_directories(gvm_lua SYSTEM PUBLIC ${GVM_LUA_SUPPORT} ${GVM_LUA_SOURCE})
# Names of Lua 5.3 that scripts of the field use (math.pow); localtime_r in place of localtime.
target_compile_definitions(gvm_lua PUBLIC LUA_COMPAT_5_3 PRIVATE LUA_USE_POSIX LUA_USER_H="lua_build.h")
# Optimised and without sanitizers in every build: the tests give scripts budgets of processor time.
target_compile_options(gvm_lua PRIVATE -w -O2)
