# Run by ctest: install into a fresh prefix, build the consumer against it, run it, check its words.
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
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK}/build -G ${GENERATOR} -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${flags} -Ddnnl_DIR=${DNNL}
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DSELFNORM_WANTED_VERSION=${VERSION})
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
set(expected "selfnorm ${VERSION}, shape: got (32, 63), 2016 elements")
string(STRIP "${output}" output)
if(NOT output STREQUAL expected)
  message(FATAL_ERROR "expected: ${expected}\ngot: ${output}")
endif()
message(STATUS "the consumer said: ${output}")
