// wrapped_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/wrapped_key.hpp"

#include <fmt/format.h>

#include "licensing/sealed/hpke.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

std::string info_of(const WrappedKey& wrapped, const WrappedFor& licence) {
  return fmt::format("stoa content key 1\n{}\n{}\n{}\n{}\n", licence.licence.text, licence.serial, wrapped.content_key,
                     wrapped.host);
}

}  // namespace

WrappedKey wrap(const ContentKey& key, const HostPublicKey& host, const WrappedFor& licence) {
  WrappedKey wrapped{key.id().hex, host.id(), {}};
  wrapped.wrapped = registry::to_base64(hpke_seal(host, info_of(wrapped, licence), "", key.bytes()));
  return wrapped;
}

Result<ContentKey> unwrap(const WrappedKey& wrapped, const HostKey& host, const WrappedFor& licence) {
  if (wrapped.host != host.id())
    return failure(Code::permission_denied, "content_key.other_host",
                   fmt::format("licence {} has the key for host {}, this host is {}", licence.licence.text,
                               wrapped.host, host.id()));
  const auto sealed = registry::from_base64(wrapped.wrapped);
  if (!sealed)
    return failure(Code::permission_denied, "content_key.wrapped",
                   fmt::format("licence {}: the wrapped key is not canonical base64", licence.licence.text));
  Secret secret;
  if (auto opened = hpke_open(host, info_of(wrapped, licence), "", *sealed, secret.bytes()); !opened) {
    opened.error().message = fmt::format("licence {}: {}", licence.licence.text, opened.error().message);
    return std::unexpected(opened.error());
  }
  ContentKey key(std::move(secret));
  if (key.id().hex != wrapped.content_key)
    return failure(Code::permission_denied, "content_key.other_key",
                   fmt::format("licence {}: the wrapped key is {}, it is said to be {}", licence.licence.text,
                               key.id().hex, wrapped.content_key));
  return key;
}

}  // namespace stoa::licensing
