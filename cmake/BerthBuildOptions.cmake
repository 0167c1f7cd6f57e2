# Compiler settings shared by everything that is built here; nothing of this reaches those who use the library.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_QUICK "-Og -DNDEBUG")  # a build type for the first look: less to wait for the compiler
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

# Decided by the first configuration: with a ccache that is installed later all that is built would be compiled again.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(BERTH_CCACHE ccache NO_CACHE)
    if(NOT BERTH_CCACHE)
        set(BERTH_CCACHE "")
    endif()
    set(CMAKE_CXX_COMPILER_LAUNCHER "${BERTH_CCACHE}" CACHE STRING "What starts the compiler, such as ccache; or empty")
endif()

if(BERTH_SANITIZE)
    # These two checks take a fifth of the build; a null pointer that is followed stops the program all the same.
    add_compile_options(-fsanitize=${BERTH_SANITIZE} -fno-sanitize=null,alignment -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${BERTH_SANITIZE})
endif()

# Tests and the command only hand things on: most of the time of their build would go into optimising them.
function(berth_build_shortly target level)
    if(BERTH_SANITIZE)
        target_compile_options(${target} PRIVATE -O0)
    elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
        target_compile_options(${target} PRIVATE ${level})
    endif()
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
        # Of an inline function that several objects hold, the linker keeps the first: the library's, which is optimised.
        target_link_options(${target} PRIVATE LINKER:--whole-archive $<TARGET_FILE:berth> LINKER:--no-whole-archive)
    endif()
endfunction()

# Programs allocate many small objects; those that embed the library choose an allocator themselves.
function(berth_use_allocator target)
    if(TARGET mimalloc)
        target_link_libraries(${target} PRIVATE mimalloc)
    endif()
endfunction()

add_library(berth_build_options INTERFACE)
target_compile_features(berth_build_options INTERFACE cxx_std_20)
target_include_directories(berth_build_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/sim
                                                         ${PROJECT_BINARY_DIR}/generated)
option(BERTH_WARNINGS "Warnings are errors; off for those who only want the command" ON)
if(BERTH_WARNINGS)
    target_compile_options(berth_build_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                         -Wnon-virtual-dtor -Werror)
endif()
# No fused multiply-add contraction: the same input gives the same bytes on every machine.
target_compile_options(berth_build_options INTERFACE -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 reports overlaps inside std::string's own operator+ (GCC bug 105651).
    target_compile_options(berth_build_options INTERFACE -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND BERTH_SANITIZE)
    # Instrumented code hides initialisations from this analysis; the release build keeps it.
    target_compile_options(berth_build_options INTERFACE -Wno-maybe-uninitialized)
endif()

# What most files include is read once per folder, or once for all folders. Off for clang-tidy, which cannot read what
# another compiler made.
option(BERTH_PRECOMPILE "Precompile the headers that most files include" ON)
option(BERTH_SHARE_PRECOMPILED "Precompile them once for all folders, with what takes longest to read" OFF)
if(BERTH_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-fpch-preprocess)  # without it ccache keeps nothing
endif()

# berth_precompile(TARGET [HEADERS...]): the headers below; with HEADERS, these too, and for this target alone.
function(berth_precompile target)
    if(NOT BERTH_PRECOMPILE)
        return()
    endif()
    if(BERTH_SHARE_PRECOMPILED)
        target_include_directories(${target} SYSTEM PRIVATE
                                   $<TARGET_PROPERTY:nlohmann_json::nlohmann_json,INTERFACE_INCLUDE_DIRECTORIES>)
        if(TARGET berth_base AND NOT target STREQUAL "berth_base" AND NOT ARGN)
            target_precompile_headers(${target} REUSE_FROM berth_base)
            return()
        endif()
        list(APPEND ARGN <nlohmann/json.hpp>)
    endif()
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <map>
                                                <memory> <optional> <set> <span> <string> <string_view> <utility>
                                                <variant> <vector> <fmt/format.h> ${ARGN})
endfunction()
