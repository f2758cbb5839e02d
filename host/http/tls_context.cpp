// tls_context.cpp: protocol versions, ciphers, certificate. SPDX-License-Identifier: Apache-2.0
#include "host/http/tls_context.hpp"

#include <openssl/ssl.h>

namespace stoa::http {
namespace {

namespace ssl = boost::asio::ssl;

constexpr char kCiphersOfTls12[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

Error tls_error(std::string what) { return {Code::invalid_argument, "http.tls", std::move(what), 0}; }

// Clients that offer protocols get HTTP/1.1 or, when it is not among them, no protocol at all.
int choose_http_1_1(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, chosen_size, kOurs, sizeof kOurs, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::unique_ptr<ssl::context>> make_tls_context(const TlsFiles& files) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_alpn_select_cb(native, choose_http_1_1, nullptr);
  if (SSL_CTX_set_cipher_list(native, kCiphersOfTls12) != 1) {
    return std::unexpected(tls_error("OpenSSL offers none of the ciphers " + std::string(kCiphersOfTls12)));
  }
  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate_chain, error);
  if (error) {
    return std::unexpected(tls_error("certificate chain " + files.certificate_chain + ": " + error.message()));
  }
  context->use_private_key_file(files.private_key, ssl::context::pem, error);
  if (error) return std::unexpected(tls_error("private key " + files.private_key + ": " + error.message()));
  if (SSL_CTX_check_private_key(native) != 1) {
    return std::unexpected(tls_error("the private key does not belong to " + files.certificate_chain));
  }
  return context;
}

}  // namespace stoa::http
