/* ext/card.h: what only the loaded model can tell about itself (parameters, vocabulary, training data). Model extension.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STOA_EXT_CARD_H
#define STOA_EXT_CARD_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_CARD "stoa.card/1"
typedef struct stoa_card { /* table */
  /* A JSON object that is added to the manifest's card; the plugin's memory, valid until unload. [any] */
  stoa_str (*json)(stoa_model *model);
} stoa_card;
#ifdef __cplusplus
}
#endif
#endif
