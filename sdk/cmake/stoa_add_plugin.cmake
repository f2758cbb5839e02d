# stoa_add_plugin.cmake: builds a plugin the way every host expects it, in a folder that `stoa pack` takes.
# SPDX-License-Identifier: Apache-2.0
#
#   stoa_add_plugin(<target> MANIFEST <manifest.json> SOURCES <file>…
#                   [LIBRARIES <target or library>…] [ASSETS_DIR <dir>] [ASSETS <file>…] [WERROR])
#
# makes <binary dir>/<target>.plugin/ (target property STOA_STAGING_DIR):
#   manifest.json                    the author's, copied; its bytes are also built into the library
#   lib/<os>-<arch>/plugin.so        C11 / C++17, one exported symbol, no undefined ones
#   assets/…                         ASSETS_DIR whole; ASSETS by their path below the source folder, or their name
#
# WERROR (or the variable STOA_PLUGIN_WERROR) makes warnings errors. An author's standard wins: set_target_properties(
# <target> PROPERTIES CXX_STANDARD 20) afterwards.

function(stoa_add_plugin target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WERROR" "MANIFEST;ASSETS_DIR" "SOURCES;LIBRARIES;ASSETS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stoa_add_plugin(${target}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_MANIFEST OR NOT arg_SOURCES)
    message(FATAL_ERROR "stoa_add_plugin(${target}): needs MANIFEST <manifest.json> and SOURCES <file>…")
  endif()
  set(sdk_cmake ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  get_filename_component(manifest ${arg_MANIFEST} ABSOLUTE)
  if(NOT EXISTS ${manifest})
    message(FATAL_ERROR "stoa_add_plugin(${target}): there is no manifest at ${manifest}")
  endif()
  string(TOLOWER "${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}" platform)
  set(staging ${CMAKE_CURRENT_BINARY_DIR}/${target}.plugin)

  # The manifest's bytes as a source, in whichever of the two languages the project has.
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${target}_manifest.cpp)
  if("C" IN_LIST languages)
    set(embedded ${CMAKE_CURRENT_BINARY_DIR}/${target}_manifest.c)
  endif()
  add_custom_command(OUTPUT ${embedded}
    COMMAND ${CMAKE_COMMAND} -DMANIFEST=${manifest} -DOUTPUT=${embedded} -P ${sdk_cmake}/embed_manifest.cmake
    DEPENDS ${manifest} ${sdk_cmake}/embed_manifest.cmake VERBATIM
    COMMENT "embedding the manifest of ${target}")

  set(staged)
  stoa_internal_stage(${manifest} ${staging}/manifest.json)
  foreach(asset IN LISTS arg_ASSETS)
    get_filename_component(file ${asset} ABSOLUTE)
    file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR} ${file})
    if(NOT path MATCHES "^assets/")
      get_filename_component(name ${file} NAME)
      set(path assets/${name})
    endif()
    stoa_internal_stage(${file} ${staging}/${path})
  endforeach()
  if(arg_ASSETS_DIR)
    get_filename_component(assets_dir ${arg_ASSETS_DIR} ABSOLUTE)
    file(GLOB_RECURSE assets CONFIGURE_DEPENDS RELATIVE ${assets_dir} ${assets_dir}/*)  # data, not sources
    foreach(asset IN LISTS assets)
      stoa_internal_stage(${assets_dir}/${asset} ${staging}/assets/${asset})
    endforeach()
  endif()
  set_source_files_properties(${staged} PROPERTIES HEADER_FILE_ONLY TRUE)  # an asset is never compiled

  add_library(${target} MODULE ${arg_SOURCES} ${embedded} ${staged})
  target_link_libraries(${target} PRIVATE stoa::sdk_cpp ${arg_LIBRARIES})
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME plugin SUFFIX .so
    LIBRARY_OUTPUT_DIRECTORY ${staging}/lib/${platform} STOA_STAGING_DIR ${staging}
    C_STANDARD 11 C_STANDARD_REQUIRED ON CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    BUILD_WITH_INSTALL_RPATH ON LINK_DEPENDS ${sdk_cmake}/plugin.map)
  target_compile_options(${target} PRIVATE -Wall -Wextra $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  if(arg_WERROR OR STOA_PLUGIN_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  target_link_options(${target} PRIVATE -Wl,--version-script=${sdk_cmake}/plugin.map -Wl,--exclude-libs,ALL
    -Wl,-z,now -Wl,-z,relro -Wl,-z,noexecstack)

  # Clang's sanitizer runtime is in the host's executable: there, undefined symbols are right.
  get_directory_property(directory_options COMPILE_OPTIONS)
  if(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_C_FLAGS} ${directory_options}" MATCHES "-fsanitize=")
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# Copies one file into the staging folder when it changes; appends it to the caller's list `staged`.
function(stoa_internal_stage from to)
  add_custom_command(OUTPUT ${to} COMMAND ${CMAKE_COMMAND} -E copy ${from} ${to} DEPENDS ${from} VERBATIM
    COMMENT "staging ${to}")
  set(staged ${staged} ${to} PARENT_SCOPE)
endfunction()
