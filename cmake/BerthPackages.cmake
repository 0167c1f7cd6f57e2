# Packages: a .tar.gz of everything, and for Debian berth (the command) and libberth-dev (the library and its headers).

# Manual pages and completion, which the command itself writes when it is installed.
if(TARGET berth_cli)
    configure_file(cmake/install_pages.cmake.in ${PROJECT_BINARY_DIR}/install_pages.cmake.in @ONLY)
    file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/install_pages.cmake INPUT ${PROJECT_BINARY_DIR}/install_pages.cmake.in)
    install(SCRIPT ${PROJECT_BINARY_DIR}/install_pages.cmake COMPONENT runtime)
endif()

# What every Debian package carries.
find_program(BERTH_GZIP gzip)
if(BERTH_GZIP)
    set(changelog ${PROJECT_BINARY_DIR}/packaging/changelog)
    configure_file(packaging/changelog ${changelog} COPYONLY)
    execute_process(COMMAND ${BERTH_GZIP} -9nkf ${changelog})
    foreach(package runtime=berth development=libberth-dev)
        string(REPLACE "=" ";" package ${package})
        list(GET package 0 component)
        list(GET package 1 name)
        install(FILES packaging/copyright ${changelog}.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name}
                COMPONENT ${component})
    endforeach()
endif()

set(CPACK_GENERATOR TGZ DEB)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_SOURCE_DIR}/build/package)
set(CPACK_PACKAGE_CONTACT "Berth maintainers <maintainers@berth.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
                                                WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(STRINGS packaging/description description)
string(JOIN "\n" description ${description})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME berth)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "gnuplot-nox, fonts-dejavu-core, weasyprint")
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "device-placement simulator and cost model\n${description}")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libberth-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "berth (= ${PROJECT_VERSION}), libfmt-dev, libyaml-cpp-dev, libyaml-dev, nlohmann-json3-dev, libeigen3-dev, \
libboost-dev, libboost-iostreams-dev, libboost-system-dev, libboost-filesystem-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "library of the device-placement simulator\n${description}\n.\nThis package has the static library, its headers and the files by which CMake\nfinds them.")
include(CPack)
