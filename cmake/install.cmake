# `cmake --install build/release` gives the program, the headers and a package for find_package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(selfnorm_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/selfnorm)

install(DIRECTORY include/selfnorm ${CMAKE_BINARY_DIR}/generated/selfnorm
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# The bundled data, and where known.cc finds them: installed, or in the source tree.
install(DIRECTORY data/ DESTINATION ${CMAKE_INSTALL_DATADIR}/selfnorm/data)
set_source_files_properties(src/data/known.cc PROPERTIES COMPILE_DEFINITIONS
  "SELFNORM_BUNDLED_DATA=\"${CMAKE_INSTALL_FULL_DATADIR}/selfnorm/data:${CMAKE_SOURCE_DIR}/data\"")
install(TARGETS selfnorm EXPORT selfnorm-targets)
if(TARGET selfnorm_cli)
  install(TARGETS selfnorm_cli)
endif()
install(EXPORT selfnorm-targets NAMESPACE selfnorm:: DESTINATION ${selfnorm_package_folder})

write_basic_package_version_file(${CMAKE_BINARY_DIR}/selfnorm-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
configure_package_config_file(cmake/selfnorm-config.cmake.in
  ${CMAKE_BINARY_DIR}/selfnorm-config.cmake
  INSTALL_DESTINATION ${selfnorm_package_folder})
install(FILES ${CMAKE_BINARY_DIR}/selfnorm-config.cmake
              ${CMAKE_BINARY_DIR}/selfnorm-config-version.cmake
              cmake/modules/FindLibCsv.cmake cmake/modules/FindArb.cmake
        DESTINATION ${selfnorm_package_folder})
