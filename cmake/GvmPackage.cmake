# Debian packages: `cpack -G DEB` in a release build whose prefix is /usr (scripts/package.sh). Built on the distribution that they
# are for: genvm-modules, genvm-modules-browser, and a -dbgsym of each.
set(release "")
set(vips libvips42)
if(EXISTS /etc/os-release)
  file(STRINGS /etc/os-release release REGEX "^VERSION_ID=")
  string(REGEX REPLACE "[^0-9.]" "" release "${release}")
endif()
if(release VERSION_GREATER_EQUAL 13)
  set(vips libvips42t64)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME genvm-modules)
set(CPACK_PACKAGE_VENDOR "GenVM Modules")
set(CPACK_PACKAGE_CONTACT "GenVM Modules maintainers <maintainers@users.noreply.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_SET_DESTDIR ON)   # files below /etc are absolute
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL modules browser)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1~deb${release}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)   # strips the programs too, so CPACK_STRIP_FILES must stay off

set(CPACK_DEBIAN_MODULES_PACKAGE_NAME genvm-modules)
set(CPACK_DEBIAN_MODULES_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_MODULES_PACKAGE_RECOMMENDS "genvm-modules-browser, ${vips}")
set(CPACK_COMPONENT_MODULES_DESCRIPTION "The services that answer prompts and fetch web pages for GenLayer's GenVM.
 Neither service is started by the installation: put keys into /etc/genvm-modules/llm.env first.")
set(deploy ${CMAKE_SOURCE_DIR}/deploy/debian)
set(CPACK_DEBIAN_MODULES_PACKAGE_CONTROL_EXTRA "${deploy}/postinst;${deploy}/prerm;${deploy}/postrm;${deploy}/conffiles")

set(CPACK_DEBIAN_BROWSER_PACKAGE_NAME genvm-modules-browser)
set(CPACK_DEBIAN_BROWSER_PACKAGE_DEPENDS "genvm-modules (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_DEBIAN_BROWSER_PACKAGE_RECOMMENDS "chromium-headless-shell | chromium, chromium-driver, fonts-dejavu-core, fonts-noto-core, fonts-noto-cjk, fonts-noto-color-emoji")
set(CPACK_COMPONENT_BROWSER_DESCRIPTION "What the web module needs to render pages in browsers of its own.
 It holds the program that isolates a browser, and recommends Chromium, its driver and fonts.")
include(CPack)
