# One object library per folder of sim/, so that each folder states what it uses; empty folders are skipped.

# berth_add_folder(NAME USES libraries...) compiles sim/NAME and adds it to the library berth.
function(berth_add_folder name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/${name}/*.cpp
                                        ${PROJECT_SOURCE_DIR}/sim/${name}/*/*.cpp)
    if(NOT sources)
        return()
    endif()
    add_library(berth_${name} OBJECT ${sources})
    target_link_libraries(berth_${name} PRIVATE berth_build_options ${arg_USES})
    if(BERTH_POSITION_INDEPENDENT OR BERTH_BUILD_PYTHON)
        set_target_properties(berth_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        target_compile_options(berth_${name} PRIVATE -fno-semantic-interposition)
    endif()
    berth_precompile(berth_${name})
    target_sources(berth PRIVATE $<TARGET_OBJECTS:berth_${name}>)
    target_link_libraries(berth PRIVATE ${arg_USES})
endfunction()

# berth_add_command_folder(NAME USES libraries...) compiles sim/NAME into a library of its own, berth_NAME, for the command.
function(berth_add_command_folder name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/${name}/*.cpp)
    add_library(berth_${name} STATIC ${sources})
    target_link_libraries(berth_${name} PRIVATE berth berth_build_options ${arg_USES})
    berth_precompile(berth_${name})
endfunction()

# berth_add_command(NAME USES libraries... WITHOUT files...) builds sim/NAME as the executable <build>/berth; the files,
# relative to sim/NAME, are left out. All but its main.cpp is a library of its own, berth_NAME_parts, so that tests can
# call the command many times in one process.
function(berth_add_command name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;WITHOUT")
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/${name}/*.cpp
                                        ${PROJECT_SOURCE_DIR}/sim/${name}/*/*.cpp)
    list(TRANSFORM arg_WITHOUT PREPEND ${PROJECT_SOURCE_DIR}/sim/${name}/)
    list(REMOVE_ITEM sources ${arg_WITHOUT})
    if(NOT sources)
        return()
    endif()
    set(main ${PROJECT_SOURCE_DIR}/sim/${name}/main.cpp)
    list(REMOVE_ITEM sources ${main})
    add_library(berth_${name}_parts STATIC ${sources})
    target_link_libraries(berth_${name}_parts PRIVATE berth_build_options PUBLIC berth ${arg_USES})
    berth_precompile(berth_${name}_parts <CLI/CLI.hpp>)
    berth_build_shortly(berth_${name}_parts -O1)
    add_executable(berth_${name} ${main})
    target_link_libraries(berth_${name} PRIVATE berth_${name}_parts berth_build_options)
    berth_build_shortly(berth_${name} -O1)
    if(BERTH_PRECOMPILE)
        target_precompile_headers(berth_${name} REUSE_FROM berth_${name}_parts)
    endif()
    set_target_properties(berth_${name} PROPERTIES OUTPUT_NAME berth RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()

# berth_add_module(NAME USES libraries...) builds sim/NAME as <build>/berth_NAME.so, which the command loads when it needs it.
function(berth_add_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/${name}/*.cpp)
    add_library(berth_${name} MODULE ${sources})
    target_link_libraries(berth_${name} PRIVATE berth_build_options ${arg_USES})
    set_target_properties(berth_${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    if(TARGET berth_cli)
        add_dependencies(berth_cli berth_${name})
    endif()
    install(TARGETS berth_${name} LIBRARY DESTINATION lib/berth/modules COMPONENT runtime)
endfunction()
