# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian 12 as packages; tools/install_dependencies.sh names them.
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR}/modules)

# With ccache, a second build of the same source takes seconds.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# Compiled libraries. cmake/selfnorm-config.cmake.in finds the same libraries for users of
# the installed static library. The two lists must be equal (tests/package fails otherwise).
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)  # compiled: its header-only form doubled the compile time of files that format text
find_package(ZLIB REQUIRED)
find_package(LibArchive REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(dnnl REQUIRED)  # -Ddnnl_ROOT=DIR uses another oneDNN than Debian's
find_package(LibCsv REQUIRED)
find_package(Arb REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
# For the program only.
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd)
message(STATUS "oneDNN ${dnnl_VERSION} in ${dnnl_DIR}")

# Header-only libraries: only compiling our code requires them.
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_writer.hpp REQUIRED)
find_path(DTL_INCLUDE_DIR dtl/dtl.hpp REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)

set(selfnorm_compiled_dependencies
  OpenMP::OpenMP_CXX fmt::fmt ZLIB::ZLIB LibArchive::LibArchive tomlplusplus::tomlplusplus DNNL::dnnl LibCsv::csv Arb::arb
  PkgConfig::hwy PkgConfig::xxhash)

# All libraries, for our own targets: the library, the program, the tests.
add_library(selfnorm_dependencies INTERFACE)
target_link_libraries(selfnorm_dependencies INTERFACE
  ${selfnorm_compiled_dependencies} nlohmann_json::nlohmann_json CLI11::CLI11
  Eigen3::Eigen)
target_include_directories(selfnorm_dependencies SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})
