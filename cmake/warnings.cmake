# SPDX-License-Identifier: Apache-2.0
# Compiler options for our own code only: users of the library do not inherit them.
add_library(selfnorm_warnings INTERFACE)
target_compile_options(selfnorm_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       -Wno-sign-conversion)
# The compiler must not contract a·b + c: a vectorized loop and its remainder then round alike.
target_compile_options(selfnorm_warnings INTERFACE -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports overlapping copies in std::string that cannot happen (GCC bug 105651).
  target_compile_options(selfnorm_warnings INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # The report page is one string literal. All supported compilers accept its length.
  target_compile_options(selfnorm_warnings INTERFACE -Wno-overlength-strings)
endif()
if(SELFNORM_WERROR)
  target_compile_options(selfnorm_warnings INTERFACE -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 often infers wrong ranges after inlining at -O3. These warnings do not stop the build.
    target_compile_options(selfnorm_warnings INTERFACE -Wno-error=stringop-overflow
                           -Wno-error=array-bounds -Wno-error=maybe-uninitialized)
  endif()
endif()
if(SELFNORM_SANITIZE)
  add_compile_options(-fsanitize=${SELFNORM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SELFNORM_SANITIZE})
endif()
