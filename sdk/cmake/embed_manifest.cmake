# embed_manifest.cmake: checks that a manifest is JSON and writes its exact bytes as a source file (run with cmake -P).
# SPDX-License-Identifier: Apache-2.0
# Arguments: -DMANIFEST=<manifest.json> -DOUTPUT=<file.c or file.cpp>
cmake_minimum_required(VERSION 3.20)
file(READ "${MANIFEST}" text)
string(JSON stoa ERROR_VARIABLE problem GET "${text}" stoa)
if(problem)
  message(FATAL_ERROR "${MANIFEST}: not a manifest: ${problem}")
endif()
if(NOT stoa STREQUAL "1")
  message(FATAL_ERROR "${MANIFEST}: \"stoa\" is ${stoa}, this SDK writes manifests of form 1")
endif()

file(READ "${MANIFEST}" hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "'\\\\x\\1'," array "${hex}")
string(REPLACE "'\\x0a'," "'\\x0a',\n" array "${array}")
# The pointer makes a missing stoa_plugin_entry a link error, and takes it out of a static library.
file(WRITE "${OUTPUT}.new" "/* The bytes of the plugin's manifest, made by stoa_add_plugin(). */
#include \"stoa/manifest.h\"
#include \"stoa/stoa.h\"
const unsigned long long stoa_manifest_json_size = ${size};
const char stoa_manifest_json[] = {
${array}'\\0'};
extern const stoa_entry *(*const stoa_internal_entry)(uint32_t, uint32_t, stoa_error *);
__attribute__((used)) const stoa_entry *(*const stoa_internal_entry)(uint32_t, uint32_t, stoa_error *) =
  stoa_plugin_entry;
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
