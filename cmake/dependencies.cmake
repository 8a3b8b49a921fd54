# Everything comes from Debian 12 as packages; tools/install_dependencies.sh names them.
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(dnnl REQUIRED)  # -Ddnnl_ROOT=DIR takes another oneDNN than Debian's

find_package(PkgConfig REQUIRED)
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
find_path(LIBCSV_INCLUDE_DIR csv.h REQUIRED)
find_library(LIBCSV_LIBRARY csv REQUIRED)

# fmt's static library would be one more thing to install beside ours; its headers are enough.
add_library(selfnorm_dependencies INTERFACE)
target_link_libraries(selfnorm_dependencies INTERFACE
  OpenMP::OpenMP_CXX ZLIB::ZLIB fmt::fmt-header-only nlohmann_json::nlohmann_json
  tomlplusplus::tomlplusplus CLI11::CLI11 DNNL::dnnl PkgConfig::hwy PkgConfig::xxhash
  ${LIBCSV_LIBRARY})
target_include_directories(selfnorm_dependencies SYSTEM INTERFACE
  ${RANDOM123_INCLUDE_DIR} ${LIBCSV_INCLUDE_DIR})
