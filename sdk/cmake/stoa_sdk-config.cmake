# stoa_sdk-config.cmake: find_package(stoa_sdk) gives stoa::sdk (C), stoa::sdk_cpp (C++17) and stoa_add_plugin().
# SPDX-License-Identifier: Apache-2.0
include(${CMAKE_CURRENT_LIST_DIR}/stoa_sdk-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/stoa_add_plugin.cmake)
