# Files that the program carries with it.

# berth_embed(TARGET FOLDER) adds the files of FOLDER to TARGET as the source of sim/explore/page_files.h; the target TARGET_files makes it.
function(berth_embed target folder)
    file(GLOB names CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/${folder} ${PROJECT_SOURCE_DIR}/${folder}/*)
    list(TRANSFORM names PREPEND ${PROJECT_SOURCE_DIR}/${folder}/ OUTPUT_VARIABLE files)
    set(source ${PROJECT_BINARY_DIR}/generated/${target}_page_files.cpp)
    add_custom_command(OUTPUT ${source}
                       COMMAND ${CMAKE_COMMAND} -DFOLDER=${PROJECT_SOURCE_DIR}/${folder} "-DFILES=${names}" -DOUT=${source}
                               -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
                       DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
                       COMMENT "Files of ${folder}" VERBATIM)
    add_custom_target(${target}_files DEPENDS ${source})
    add_dependencies(${target} ${target}_files)
    target_sources(${target} PRIVATE ${source})
endfunction()
