# SPDX-License-Identifier: Apache-2.0
# Debian packages: `make deb` writes selfnorm (the program) and libselfnorm-dev (headers, static
# library, CMake package) to build/deb/.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME selfnorm)
set(CPACK_PACKAGE_CONTACT "The selfnorm developers <maintainers@selfnorm.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "self-normalizing neural networks")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL program library)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "https://arxiv.org/abs/1706.02515")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME selfnorm)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS gnuplot-nox)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
"selfnorm trains networks with SELU, alpha dropout and LeCun initialization on
tables, images and texts. It predicts the moments of signals and gradients of
a network before training, and fixes what changes their scale.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libselfnorm-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
    "libdnnl-dev, ocl-icd-opencl-dev, libhwy-dev, libtomlplusplus-dev, libfmt-dev, libcsv-dev, libflint-arb-dev, zlib1g-dev, libarchive-dev, libxxhash-dev, pkg-config")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"The headers, the static library and the CMake package of selfnorm, a library
for self-normalizing neural networks.")

# What Debian's policy asks for: a copyright file and a changelog in each package.
set(debian ${CMAKE_BINARY_DIR}/debian)
file(WRITE ${debian}/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: selfnorm

Files: *
Copyright: 2026 The selfnorm developers
License: Apache-2.0
 On Debian systems, the full text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0.
")
file(WRITE ${debian}/changelog.Debian
"selfnorm (${PROJECT_VERSION}-1) unstable; urgency=medium

  * Built by CPack; see changelog.gz for the changes.

 -- ${CPACK_PACKAGE_CONTACT}  Sun, 29 Nov 2026 00:00:00 +0000
")
find_program(GZIP_PROGRAM gzip REQUIRED)
foreach(pair "${CMAKE_SOURCE_DIR}/CHANGELOG.md|changelog.gz"
             "${debian}/changelog.Debian|changelog.Debian.gz")
  string(REPLACE "|" ";" pair "${pair}")
  list(GET pair 0 from)
  list(GET pair 1 to)
  execute_process(COMMAND ${GZIP_PROGRAM} -9nc ${from} OUTPUT_FILE ${debian}/${to}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(component program library)
  string(TOUPPER ${component} upper)
  set(folder ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  install(FILES ${debian}/copyright ${debian}/changelog.gz ${debian}/changelog.Debian.gz
          DESTINATION ${folder} COMPONENT ${component})
endforeach()
# What lintian reports and is meant: the packages are not uploaded to Debian, and the digits are the bytes
# of scikit-learn's file, as data/digits/README.md says, time stamp included.
file(WRITE ${debian}/selfnorm
     "selfnorm: initial-upload-closes-no-bugs *\n"
     "selfnorm: package-contains-timestamped-gzip *usr/share/selfnorm/data/digits/digits.csv.gz*\n")
file(WRITE ${debian}/libselfnorm-dev "libselfnorm-dev: initial-upload-closes-no-bugs *\n")
foreach(component program library)
  string(TOUPPER ${component} upper)
  install(FILES ${debian}/${CPACK_DEBIAN_${upper}_PACKAGE_NAME} COMPONENT ${component}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)
endforeach()
include(CPack)
