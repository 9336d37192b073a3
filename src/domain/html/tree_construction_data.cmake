# The tree construction tests of html5lib, from its source distribution, for html/tree_construction_test.cpp.
if(GVM_BUILD_TESTS)
  gvm_pinned(html5lib html5lib html5lib-1.1.tar.gz
    b2e5b40261e20f354d198eae92afc10d750afb487ed5e50f9c4eaf07c184146f OPTIONAL
    */html5lib/tests/testdata/tree-construction/* */html5lib/tests/testdata/LICENSE)
  set(GVM_TREE_TESTS "")
  if(html5lib)
    set(GVM_TREE_TESTS ${html5lib}/html5lib-1.1/html5lib/tests/testdata/tree-construction)
  endif()
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/tree_construction_test.cpp PROPERTIES
    COMPILE_DEFINITIONS "GVM_TREE_TESTS=\"${GVM_TREE_TESTS}\"")
endif()
