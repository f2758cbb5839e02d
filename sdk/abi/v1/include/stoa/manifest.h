/* manifest.h: the manifest that stoa_add_plugin() built into this plugin, for stoa_entry.manifest.
 * SPDX-License-Identifier: Apache-2.0
 * Not part of the ABI: both symbols are local to the plugin and nothing of them crosses. */
#ifndef STOA_MANIFEST_H
#define STOA_MANIFEST_H
#ifdef __cplusplus
extern "C" {
#endif
extern const char stoa_manifest_json[];                  /* exact bytes of the file, then one NUL */
extern const unsigned long long stoa_manifest_json_size; /* without the NUL */
#ifdef __cplusplus
}
#endif
#endif
