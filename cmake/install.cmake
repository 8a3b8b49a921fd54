# SPDX-License-Identifier: Apache-2.0
# `cmake --install build/release` gives the program, the headers and a package for find_package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(selfnorm_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/selfnorm)

install(DIRECTORY include/selfnorm ${CMAKE_BINARY_DIR}/generated/selfnorm
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
# The bundled data, and where known_datasets.cc finds them: installed, or in the source tree.
install(DIRECTORY data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/selfnorm/data COMPONENT program)
set_source_files_properties(src/sources/known_datasets.cc PROPERTIES COMPILE_DEFINITIONS
  "SELFNORM_BUNDLED_DATA=\"${CMAKE_INSTALL_FULL_DATADIR}/selfnorm/data:${CMAKE_SOURCE_DIR}/data\"")
install(TARGETS selfnorm EXPORT selfnorm-targets COMPONENT library)
if(TARGET selfnorm_cli)
  install(TARGETS selfnorm_cli COMPONENT program)
  # The program writes its own manual pages and completions from its command tables.
  set(manual ${CMAKE_BINARY_DIR}/manual)
  set(completions ${CMAKE_BINARY_DIR}/completions)
  add_custom_command(OUTPUT ${manual}/selfnorm.1.gz
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${manual}
    COMMAND selfnorm_cli manual ${manual}
    COMMAND sh -c "gzip -9n '${manual}'/*.1"
    COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
    COMMAND selfnorm_cli completion bash > ${completions}/selfnorm
    COMMAND selfnorm_cli completion zsh > ${completions}/_selfnorm
    COMMAND selfnorm_cli completion fish > ${completions}/selfnorm.fish
    DEPENDS selfnorm_cli COMMENT "Writing manual pages and shell completions" VERBATIM)
  add_custom_target(selfnorm_manual ALL DEPENDS ${manual}/selfnorm.1.gz)
  install(DIRECTORY ${manual}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES ${completions}/selfnorm COMPONENT program
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completions}/_selfnorm COMPONENT program
          DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${completions}/selfnorm.fish COMPONENT program
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
install(EXPORT selfnorm-targets NAMESPACE selfnorm:: DESTINATION ${selfnorm_package_folder}
        COMPONENT library)

write_basic_package_version_file(${CMAKE_BINARY_DIR}/selfnorm-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
configure_package_config_file(cmake/selfnorm-config.cmake.in
  ${CMAKE_BINARY_DIR}/selfnorm-config.cmake
  INSTALL_DESTINATION ${selfnorm_package_folder})
install(FILES ${CMAKE_BINARY_DIR}/selfnorm-config.cmake
              ${CMAKE_BINARY_DIR}/selfnorm-config-version.cmake
              cmake/modules/FindLibCsv.cmake cmake/modules/FindArb.cmake
        DESTINATION ${selfnorm_package_folder} COMPONENT library)
