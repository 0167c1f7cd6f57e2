# Readers of flatbuffers, made from their schemas at build time; both parts of Debian's flatbuffers are needed.
find_program(BERTH_FLATC flatc REQUIRED)
find_path(BERTH_FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h REQUIRED)

# berth_flatbuffers(PATH/NAME.fbs) makes NAME_generated.h and the target berth_NAME for those who include it.
function(berth_flatbuffers schema)
    get_filename_component(name ${schema} NAME_WE)
    set(folder ${PROJECT_BINARY_DIR}/flatbuffers)
    set(header ${folder}/${name}_generated.h)
    add_custom_command(OUTPUT ${header} COMMAND ${BERTH_FLATC} --cpp --scoped-enums -o ${folder} ${PROJECT_SOURCE_DIR}/${schema}
                       DEPENDS ${PROJECT_SOURCE_DIR}/${schema} COMMENT "Reader of ${schema}" VERBATIM)
    add_custom_target(berth_${name}_header DEPENDS ${header})
    add_library(berth_${name} INTERFACE)
    add_dependencies(berth_${name} berth_${name}_header)
    target_include_directories(berth_${name} SYSTEM INTERFACE ${folder} ${BERTH_FLATBUFFERS_INCLUDE})
endfunction()
