# Install rules and the package files behind find_package(berth).
include(CMakePackageConfigHelpers)

install(TARGETS berth EXPORT berthTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/berth DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(TARGET berth_cli)
    install(TARGETS berth_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET berth_ranks)
    install(TARGETS berth_ranks LIBRARY DESTINATION lib/berth)
endif()
install(DIRECTORY models hardware scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/berth OPTIONAL)
# Where the first line of each of those files looks for its schema.
install(DIRECTORY docs/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/berth/docs)

set(berth_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/berth)
configure_package_config_file(cmake/berthConfig.cmake.in ${PROJECT_BINARY_DIR}/berthConfig.cmake
                              INSTALL_DESTINATION ${berth_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/berthConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/berthConfig.cmake ${PROJECT_BINARY_DIR}/berthConfigVersion.cmake
        DESTINATION ${berth_package_dir})
install(EXPORT berthTargets NAMESPACE berth:: DESTINATION ${berth_package_dir})

set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_SOURCE_DIR}/build/package)
include(CPack)
