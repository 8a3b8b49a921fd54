# SPDX-License-Identifier: Apache-2.0
# With CMAKE_UNITY_BUILD=ON (the presets release, ci and tsan) several files of a folder are compiled as
# one: most of the time goes into headers and templates that they share. The presets dev and asan
# compile each file alone, so that each includes what it uses and a change compiles one file.
set(SELFNORM_UNITY_GROUP 8 CACHE STRING "Files of a folder compiled as one")

# selfnorm_group_sources(FILE...): puts each file into a group of its folder.
function(selfnorm_group_sources)
  foreach(source ${ARGN})
    get_filename_component(folder ${source} DIRECTORY)
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/src ${folder})
    string(MAKE_C_IDENTIFIER "${folder}" folder)
    # The files of an op or of a kernel define the same names as their neighbors.
    if(folder MATCHES "^(ops|kernels)")
      continue()
    endif()
    if(NOT DEFINED count_${folder})
      set(count_${folder} 0)
    endif()
    math(EXPR group "${count_${folder}} / ${SELFNORM_UNITY_GROUP}")
    math(EXPR count_${folder} "${count_${folder}} + 1")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${folder}_${group})
  endforeach()
endfunction()
