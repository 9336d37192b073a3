# What `make install` (cmake --install) and the Debian packages put where. Components: modules, and browser, which holds what starts
# browsers. The programs stand in a folder of their own, because they find each other and their shipped files beside themselves;
# bin has links to them.
include(GNUInstallDirs)
set(GVM_HOME ${CMAKE_INSTALL_LIBDIR}/genvm-modules)
if(CMAKE_INSTALL_LIBDIR MATCHES "/")   # lib/x86_64-linux-gnu: programs are not for several architectures side by side
  set(GVM_HOME lib/genvm-modules)
endif()
# A prefix of /usr has its configuration in /etc. What the services write is always where systemd lets them.
set(GVM_ETC etc/genvm-modules)
set(GVM_ETC_PATH ${CMAKE_INSTALL_PREFIX}/etc/genvm-modules)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(GVM_ETC /etc/genvm-modules)
  set(GVM_ETC_PATH ${GVM_ETC})
endif()

install(TARGETS genvm-modules genvm-llm genvm-web RUNTIME DESTINATION ${GVM_HOME}/bin COMPONENT modules)
install(TARGETS genvm-browser-cell RUNTIME DESTINATION ${GVM_HOME}/bin COMPONENT browser)
set(links ${CMAKE_BINARY_DIR}/install-links)
file(MAKE_DIRECTORY ${links})
foreach(program genvm-modules genvm-llm genvm-web)
  file(CREATE_LINK ../${GVM_HOME}/bin/${program} ${links}/${program} SYMBOLIC)
  install(FILES ${links}/${program} DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT modules)
endforeach()
install(DIRECTORY config/ DESTINATION ${GVM_HOME}/config COMPONENT modules)

# gvm_installed(FILE DESTINATION FROM TO): installs a file in which each text of the list FROM, which must occur, became that of TO.
function(gvm_installed file destination from to)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${file})
  file(READ ${CMAKE_SOURCE_DIR}/${file} text)
  foreach(old new IN ZIP_LISTS from to)
    string(FIND "${text}" "${old}" at)
    if(at EQUAL -1)
      message(FATAL_ERROR "${file} has no \"${old}\": cmake/GvmInstall.cmake must be told what stands there now")
    endif()
    string(REPLACE "${old}" "${new}" text "${text}")
  endforeach()
  file(WRITE ${CMAKE_BINARY_DIR}/installed/${file} "${text}")
  install(FILES ${CMAKE_BINARY_DIR}/installed/${file} DESTINATION ${destination} COMPONENT modules)
endfunction()
gvm_installed(config/genvm-module-llm.yaml ${GVM_ETC} "data_dir: \${exeDir}/../data" "data_dir: /var/lib/genvm-llm")
gvm_installed(config/genvm-module-web.yaml ${GVM_ETC} "data_dir: \${exeDir}/../data;runtime_dir: /tmp/genvm-browsers"
              "data_dir: /var/lib/genvm-web;runtime_dir: /run/genvm-web")
foreach(service genvm-llm genvm-web)
  gvm_installed(deploy/systemd/${service}.service lib/systemd/system "/usr/bin;/etc/genvm-modules"
                "${CMAKE_INSTALL_FULL_BINDIR};${GVM_ETC_PATH}")
endforeach()
install(FILES config/prices.yaml DESTINATION ${GVM_ETC} COMPONENT modules)
install(FILES deploy/llm.env deploy/web.env DESTINATION ${GVM_ETC} PERMISSIONS OWNER_READ OWNER_WRITE COMPONENT modules)

install(FILES deploy/systemd/genvm-modules.sysusers DESTINATION lib/sysusers.d RENAME genvm-modules.conf COMPONENT modules)
install(FILES docs/man/genvm-modules.1 docs/man/genvm-llm.1 docs/man/genvm-web.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT modules)
set(completions ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES deploy/completion/genvm-modules.bash DESTINATION ${completions} RENAME genvm-modules COMPONENT modules)
foreach(program genvm-llm genvm-web)   # bash looks for a file of the command's name
  file(CREATE_LINK genvm-modules ${links}/completion-${program} SYMBOLIC)
  install(FILES ${links}/completion-${program} DESTINATION ${completions} RENAME ${program} COMPONENT modules)
endforeach()
install(FILES deploy/completion/_genvm-modules DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT modules)
set(doc ${CMAKE_INSTALL_DATADIR}/doc/genvm-modules)
install(FILES README.md CHANGELOG.md NOTICE DESTINATION ${doc} COMPONENT modules)
install(FILES LICENSE DESTINATION ${doc} RENAME copyright COMPONENT modules)
install(FILES deploy/systemd/genvm-web-without-browser.conf DESTINATION ${doc}/examples COMPONENT modules)
install(DIRECTORY examples/scripts deploy/monitoring DESTINATION ${doc}/examples COMPONENT modules)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/genvm-modules-browser RENAME copyright COMPONENT browser)

include(GvmPackage)
