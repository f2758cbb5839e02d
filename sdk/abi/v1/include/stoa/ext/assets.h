/* ext/assets.h: the package's files (weights, vocabularies), read through the host. Host extension.
 * SPDX-License-Identifier: Apache-2.0
 * Rationale: the host has verified their digests and may have decrypted them; a plugin opens no file of its own. */
#ifndef STOA_EXT_ASSETS_H
#define STOA_EXT_ASSETS_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_HOST_ASSETS "stoa.host.assets/1"
typedef struct stoa_asset stoa_asset; /* the host's; valid from open until close */
typedef struct stoa_host_assets { /* table */
  /* Opens a file by its path in the manifest ("assets/weights.pt"). *size in bytes. STOA_NOT_FOUND: not in the
   * manifest; STOA_PERMISSION_DENIED: the licence does not cover it; STOA_DATA_LOSS: its digest does not match. On
   * anything but STOA_OK *out and *size are untouched. May block on the disk. [any] */
  stoa_status (*open)(const stoa_host *host, stoa_str path, stoa_asset **out, uint64_t *size, stoa_error *err);
  /* Copies up to n bytes from offset into dst. Returns the bytes copied, 0 at the end, < 0: minus a stoa_status. May
   * block on the disk. [any] */
  int64_t (*read_at)(stoa_asset *asset, uint64_t offset, void *dst, uint64_t n);
  /* The whole file, read-only, page-aligned, until close. NULL with err if it cannot be mapped. [any] */
  const void *(*map)(stoa_asset *asset, stoa_error *err);
  /* Ends the asset and its mapping. asset may be NULL. [any] */
  void (*close)(stoa_asset *asset);
} stoa_host_assets;
#ifdef __cplusplus
}
#endif
#endif
