# SPDX-License-Identifier: Apache-2.0
# Installs into a fresh prefix, builds the program of the guide against it, runs it and checks its
# output. ctest runs this script.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(JOIN " " command ${ARGN})
    message(FATAL_ERROR "${command}\n${output}\nexit status ${status}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
file(READ ${SOURCE}/../../docs/guides/cpp.md guide)
string(FIND "${guide}" "```cpp\n" start)
string(SUBSTRING "${guide}" ${start} -1 program)
string(SUBSTRING "${program}" 7 -1 program)
string(FIND "${program}" "```" end)
string(SUBSTRING "${program}" 0 ${end} program)
file(WRITE ${WORK}/source/main.cc "${program}")
configure_file(${SOURCE}/CMakeLists.txt ${WORK}/source/CMakeLists.txt COPYONLY)
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${WORK}/source -B ${WORK}/build -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${flags} -Ddnnl_DIR=${DNNL}
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DSELFNORM_WANTED_VERSION=${VERSION})
run(${CMAKE_COMMAND} --build ${WORK}/build)
# The digits come from the installed prefix, since no folder of the repository is available there.
run(${CMAKE_COMMAND} -E chdir ${WORK} ${WORK}/build/consumer)
string(REGEX MATCH "test accuracy (0\\.[0-9]+)" found "${output}")
if(NOT found OR CMAKE_MATCH_1 LESS 0.9)
  message(FATAL_ERROR "expected a test accuracy above 0.9, got: ${output}")
endif()
if(NOT EXISTS ${WORK}/digits.safetensors)
  message(FATAL_ERROR "the guide's program saved no model")
endif()
message(STATUS "output of the guide's program: ${output}")
