# Files that the program carries with it.

# berth_embed(TARGET FOLDER HEADER FUNCTION [PATTERN]) adds the files of FOLDER (those that match) to TARGET, as what
# FUNCTION, which HEADER declares, gives; the target FUNCTION_source makes it.
function(berth_embed target folder header function)
    set(pattern ${ARGN} *)
    list(GET pattern 0 pattern)
    file(GLOB names CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/${folder}
         ${PROJECT_SOURCE_DIR}/${folder}/${pattern})
    list(TRANSFORM names PREPEND ${PROJECT_SOURCE_DIR}/${folder}/ OUTPUT_VARIABLE files)
    set(source ${PROJECT_BINARY_DIR}/generated/${function}.cpp)
    add_custom_command(OUTPUT ${source}
                       COMMAND ${CMAKE_COMMAND} -DFOLDER=${PROJECT_SOURCE_DIR}/${folder} "-DFILES=${names}"
                               -DHEADER=${header} -DFUNCTION=${function} -DOUT=${source}
                               -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
                       DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
                       COMMENT "Files of ${folder}" VERBATIM)
    add_custom_target(${function}_source DEPENDS ${source})
    add_dependencies(${target} ${function}_source)
    target_sources(${target} PRIVATE ${source})
endfunction()
