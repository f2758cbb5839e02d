// plugin.cpp: answers with the version it was built as. SPDX-License-Identifier: Apache-2.0
#include "stoa/plugin.hpp"

struct Release {
  void infer(stoa::Request&, stoa::Reply& reply) { reply.text("text", RELEASE_VERSION); }
};

STOA_PLUGIN(Release)
