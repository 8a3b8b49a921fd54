# SPDX-License-Identifier: Apache-2.0
# Arb, ball arithmetic, as Debian's libflint-arb-dev has it; defines Arb::arb.
find_path(ARB_INCLUDE_DIR arb_hypgeom.h PATH_SUFFIXES flint-arb)
find_library(ARB_LIBRARY NAMES flint-arb arb)
find_library(FLINT_LIBRARY flint)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Arb REQUIRED_VARS ARB_LIBRARY FLINT_LIBRARY ARB_INCLUDE_DIR)
if(Arb_FOUND AND NOT TARGET Arb::arb)
  add_library(Arb::arb UNKNOWN IMPORTED)
  set_target_properties(Arb::arb PROPERTIES IMPORTED_LOCATION ${ARB_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${ARB_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES ${FLINT_LIBRARY})
endif()
mark_as_advanced(ARB_INCLUDE_DIR ARB_LIBRARY FLINT_LIBRARY)
