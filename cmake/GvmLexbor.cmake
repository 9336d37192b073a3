# lexbor's HTML parser, built from its pinned sources as a static library of ours: no distribution packages a recent one.
# Only the folders that parsing HTML needs.
gvm_pinned(lexbor selectolax selectolax-1.0.2.tar.gz
  f0508ad927aa426425d4aa7a2bb2f8b21c01412534465bd227e241d4d0a6a418 */lexbor/source/lexbor/* */lexbor/LICENSE)
set(GVM_LEXBOR_SOURCE ${lexbor}/selectolax-1.0.2/lexbor/source)
file(GLOB lexbor_sources CONFIGURE_DEPENDS
  ${GVM_LEXBOR_SOURCE}/lexbor/core/*.c ${GVM_LEXBOR_SOURCE}/lexbor/ports/posix/lexbor/core/*.c
  ${GVM_LEXBOR_SOURCE}/lexbor/dom/*.c ${GVM_LEXBOR_SOURCE}/lexbor/dom/interfaces/*.c
  ${GVM_LEXBOR_SOURCE}/lexbor/html/*.c ${GVM_LEXBOR_SOURCE}/lexbor/html/interfaces/*.c
  ${GVM_LEXBOR_SOURCE}/lexbor/html/tokenizer/*.c ${GVM_LEXBOR_SOURCE}/lexbor/html/tree/*.c
  ${GVM_LEXBOR_SOURCE}/lexbor/html/tree/insertion_mode/*.c
  ${GVM_LEXBOR_SOURCE}/lexbor/ns/*.c ${GVM_LEXBOR_SOURCE}/lexbor/tag/*.c)
add_library(gvm_lexbor STATIC ${lexbor_sources})
target_include_directories(gvm_lexbor SYSTEM PUBLIC ${GVM_LEXBOR_SOURCE})
target_compile_definitions(gvm_lexbor PUBLIC LEXBOR_STATIC)
target_compile_options(gvm_lexbor PRIVATE -w)
if(GVM_SANITIZE)
  string(REPLACE ",undefined" "" lexbor_sanitize "${GVM_SANITIZE}")
  target_compile_options(gvm_lexbor PRIVATE -fsanitize=${lexbor_sanitize})
endif()
