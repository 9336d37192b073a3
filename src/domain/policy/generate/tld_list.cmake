# Makes policy's table of top-level domains from Debian's package publicsuffix; made anew when that changes.
set(GVM_PUBLIC_SUFFIX_LIST /usr/share/publicsuffix/public_suffix_list.dat CACHE FILEPATH "the public suffix list")
set(tld_source ${CMAKE_CURRENT_BINARY_DIR}/gvm_policy_tlds.cpp)
add_executable(gvm_tld_list ${CMAKE_CURRENT_LIST_DIR}/tld_list.cpp)
target_link_libraries(gvm_tld_list PRIVATE gvm_url)
add_custom_command(OUTPUT ${tld_source}
  COMMAND gvm_tld_list ${GVM_PUBLIC_SUFFIX_LIST} ${tld_source}
  DEPENDS gvm_tld_list ${GVM_PUBLIC_SUFFIX_LIST}
  VERBATIM)
target_sources(gvm_policy PRIVATE ${tld_source})
