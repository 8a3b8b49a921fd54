# `cmake --install build/release` gives the program, the headers and a package for find_package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY include/selfnorm ${CMAKE_BINARY_DIR}/generated/selfnorm
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS selfnorm selfnorm_dependencies selfnorm_warnings EXPORT selfnorm-targets)
if(TARGET selfnorm_cli)
  install(TARGETS selfnorm_cli)
endif()
install(EXPORT selfnorm-targets NAMESPACE selfnorm::
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/selfnorm)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/selfnorm-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
configure_package_config_file(cmake/selfnorm-config.cmake.in
  ${CMAKE_BINARY_DIR}/selfnorm-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/selfnorm)
install(FILES ${CMAKE_BINARY_DIR}/selfnorm-config.cmake
              ${CMAKE_BINARY_DIR}/selfnorm-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/selfnorm)
