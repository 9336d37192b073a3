# gvm_embed(TARGET NAMESPACE FILE...): text files become string constants of a source file added to TARGET, made anew
# when one of them changes. `std::string_view NAMESPACE::embedded(name)` finds one by its file name without extension.
function(gvm_embed target namespace)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cpp)
  string(REPLACE ";" "|" files "${ARGN}")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DNAMESPACE=${namespace} "-DFILES=${files}"
            -P ${CMAKE_SOURCE_DIR}/cmake/GvmEmbedWrite.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/GvmEmbedWrite.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
