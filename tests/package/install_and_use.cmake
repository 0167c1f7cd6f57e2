# Installs the build into a scratch prefix, builds the consumer project against it with find_package and runs it.
# Called by ctest with BUILD_DIR, GENERATOR, CXX_COMPILER, LAUNCHER and BUILD_TYPE.
set(work ${BUILD_DIR}/package-test)
file(REMOVE_RECURSE ${work})

function(run_step)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        string(JOIN " " command ${ARGV})
        message(FATAL_ERROR "failed (${result}): ${command}\n${output}")
    endif()
endfunction()

run_step(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${work}/prefix)
run_step(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${work}/consumer -G ${GENERATOR}
         -DCMAKE_PREFIX_PATH=${work}/prefix -DCMAKE_CXX_COMPILER=${CXX_COMPILER}
         -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -DCMAKE_BUILD_TYPE=${BUILD_TYPE})
run_step(${CMAKE_COMMAND} --build ${work}/consumer)
run_step(${work}/consumer/consumer ${work}/prefix/share/berth)
