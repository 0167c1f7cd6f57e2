# Install rules and the package files behind find_package(berth). Two components: the command with its data, and what
# those need who embed the library.
include(CMakePackageConfigHelpers)

install(TARGETS berth EXPORT berthTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
install(DIRECTORY include/berth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
if(TARGET berth_cli)
    install(TARGETS berth_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
endif()
install(DIRECTORY models hardware scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/berth COMPONENT runtime OPTIONAL
        PATTERN __pycache__ EXCLUDE)
# Where the first line of each of those files looks for its schema.
install(DIRECTORY docs/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/berth/docs COMPONENT runtime)

set(berth_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/berth)
configure_package_config_file(cmake/berthConfig.cmake.in ${PROJECT_BINARY_DIR}/berthConfig.cmake
                              INSTALL_DESTINATION ${berth_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/berthConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/berthConfig.cmake ${PROJECT_BINARY_DIR}/berthConfigVersion.cmake
        DESTINATION ${berth_package_dir} COMPONENT development)
install(EXPORT berthTargets NAMESPACE berth:: DESTINATION ${berth_package_dir} COMPONENT development)

include(cmake/BerthPackages.cmake)
