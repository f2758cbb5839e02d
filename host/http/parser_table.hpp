// parser_table.hpp: requests that must be accepted or refused, each with its status: used against the parser alone and
// against a running server. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

namespace stoa::http {

struct ParserRow {
  const char* name;
  std::string bytes;
  unsigned status;       // 200: accepted
  bool is_body = false;  // refused in the body: the head is fine
};

inline std::vector<ParserRow> parser_table() {
  using namespace std::string_literals;
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const auto repeated = [](int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
  };
  return {
      // Accepted.
      {"plain GET", get + "\r\n", 200},
      {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 200},
      {"HTTP/1.0 with Host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", 200},
      {"one empty line first", "\r\n" + get + "\r\n", 200},
      {"absolute form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"absolute form without path", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"absolute form of https in capitals", "GET HTTPS://a:443/ HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"host with port", "GET / HTTP/1.1\r\nHost: example.com:8080\r\n\r\n", 200},
      {"host as IPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200},
      {"field without space", "GET / HTTP/1.1\r\nHost:a\r\nX:y\r\n\r\n", 200},
      {"empty value", get + "X:\r\n\r\n", 200},
      {"tab in value", get + "X: a\tb\r\n\r\n", 200},
      {"obs-text in value", get + "X: \xc3\xa4\r\n\r\n", 200},
      {"64 fields", get + repeated(63, "X: y\r\n") + "\r\n", 200},
      {"head just below 16 KiB", get + "X: " + std::string(16'384 - get.size() - 7, 'x') + "\r\n\r\n", 200},
      {"target of 4096 bytes", "GET /?" + std::string(4094, 'q') + " HTTP/1.1\r\nHost: a\r\n\r\n", 200},
      {"Content-Length", post + "Content-Length: 3\r\n\r\nabc", 200},
      {"Content-Length 0", post + "Content-Length: 0\r\n\r\n", 200},
      {"chunked", chunked + "3\r\nabc\r\n0\r\n\r\n", 200},
      {"chunked in capitals", post + "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n", 200},
      {"chunk size in both cases", chunked + "0a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n", 200},
      {"chunk extension", chunked + "3;a=b;c=\"d;\\\" e\"\r\nabc\r\n0;z\r\n\r\n", 200},
      {"chunk extension of 256 bytes", chunked + "1;" + std::string(256, 'x') + "\r\na\r\n0\r\n\r\n", 200},
      {"expectation", post + "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", 200},
      // Refused: framing that two parsers could read differently.
      {"Content-Length, then chunked", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked, then Content-Length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {"chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
      {"identity, chunked", post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501},
      {"gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked twice in one field", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked twice in two fields",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n", 400},
      {"xchunked with Content-Length", post + "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nabcde", 400},
      {"chunked in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n", 400},
      {"chunked with parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n", 400},
      {"empty Transfer-Encoding", post + "Transfer-Encoding:\r\n\r\n", 400},
      {"identity alone", post + "Transfer-Encoding: identity\r\n\r\n", 400},
      {"Transfer-Encoding with vertical tab", post + "Transfer-Encoding: \vchunked\r\n\r\n", 400},
      {"Transfer-Encoding with space before colon", post + "Transfer-Encoding : chunked\r\n\r\n", 400},
      {"HTTP/1.0 chunked", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"two equal Content-Lengths", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", 400},
      {"two Content-Lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400},
      {"list of Content-Lengths", post + "Content-Length: 5, 5\r\n\r\nabcde", 400},
      {"Content-Length with sign", post + "Content-Length: +5\r\n\r\nabcde", 400},
      {"Content-Length negative", post + "Content-Length: -5\r\n\r\nabcde", 400},
      {"Content-Length in hex", post + "Content-Length: 0x5\r\n\r\nabcde", 400},
      {"Content-Length with text", post + "Content-Length: 5a\r\n\r\nabcde", 400},
      {"Content-Length in two words", post + "Content-Length: 1 2\r\n\r\nabcde", 400},
      {"Content-Length empty", post + "Content-Length:\r\n\r\n", 400},
      {"Content-Length beyond 64 bits", post + "Content-Length: 18446744073709551616\r\n\r\n", 400},
      {"Content-Length of 30 digits", post + "Content-Length: 000000000000999999999999999999\r\n\r\n", 400},
      // Refused: hosts and targets.
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Host with slash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"relative target", "GET index.html HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"unknown scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form without host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"absolute form with user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"fragment in target", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"bytes above 127 in target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"target of 4097 bytes", "GET /?" + std::string(4095, 'q') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"target of 20 KB", "GET /?" + std::string(20'000, 'q') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      // Refused: lines.
      {"bare LF after request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare LF after field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
      {"bare LF at the end", get + "\n", 400},
      {"bare CR in field", get + "X: a\rb\r\n\r\n", 400},
      {"bare CR before the end", get + "X: a\r\r\n\r\n", 400},
      {"NUL in field", get + "X: a\0b\r\n\r\n"s, 400},
      {"NUL in target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, 400},
      {"NUL in name", get + "X\0: a\r\n\r\n"s, 400},
      {"DEL in field", get + "X: \x7f\r\n\r\n", 400},
      {"escape in field", get + "X: \x1b[0m\r\n\r\n", 400},
      {"folded by space", get + "X: a\r\n b\r\n\r\n", 400},
      {"folded by tab", get + "X: a\r\n\tb\r\n\r\n", 400},
      {"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"space before colon", get + "X : y\r\n\r\n", 400},
      {"no colon", get + "X\r\n\r\n", 400},
      {"empty name", get + ": y\r\n\r\n", 400},
      {"name with bracket", get + "X(: y\r\n\r\n", 400},
      {"two empty lines first", "\r\n\r\n" + get + "\r\n", 400},
      {"space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab before the target", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"space behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
      {"method with bracket", "G(ET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
      // Refused: versions and expectations.
      {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"HTTP/0.9 said aloud", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
      {"http in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"version of one digit", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400},
      {"version of three digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
      {"another protocol", "GET / XTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"unknown expectation", post + "Expect: miracles\r\nContent-Length: 0\r\n\r\n", 417},
      // Refused: sizes.
      {"65 fields", get + repeated(64, "X: y\r\n") + "\r\n", 431},
      {"1500 empty fields", get + repeated(1500, "a:\r\n") + "\r\n", 431},
      {"head above 16 KiB", get + "X: " + std::string(16'384 - get.size() - 6, 'x') + "\r\n\r\n", 431},
      {"head of 100 KB in one field", get + "X: " + std::string(100'000, 'x') + "\r\n\r\n", 431},
      {"head without end", get + repeated(60, "X: " + std::string(400, 'y') + "\r\n"), 431},
      // Refused: chunked bodies.
      {"trailer", chunked + "0\r\nAuthorization: x\r\n\r\n", 400, true},
      {"trailer of 70 KB", chunked + "0\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", 400, true},
      {"trailer with framing", chunked + "0\r\nContent-Length: 5\r\n\r\n", 400, true},
      {"chunk extension of 257 bytes", chunked + "1;" + std::string(257, 'x') + "\r\na\r\n0\r\n\r\n", 400, true},
      {"chunk extension of 100 KB", chunked + "1;" + std::string(100'000, 'x') + "\r\na\r\n0\r\n\r\n", 400, true},
      {"unbalanced quote in chunk extension", chunked + "1;a=\"\r\na\r\n0\r\n\r\n", 400, true},
      {"NUL in chunk extension", chunked + "1;a\0\r\na\r\n0\r\n\r\n"s, 400, true},
      {"chunk size empty", chunked + "\r\na\r\n0\r\n\r\n", 400, true},
      {"chunk size beyond 64 bits", chunked + "10000000000000000\r\na\r\n0\r\n\r\n", 400, true},
      {"chunk size of all ones", chunked + "ffffffffffffffff\r\na\r\n0\r\n\r\n", 400, true},
      {"chunk size with prefix", chunked + "0x1\r\na\r\n0\r\n\r\n", 400, true},
      {"chunk size with sign", chunked + "+1\r\na\r\n0\r\n\r\n", 400, true},
      {"chunk size negative", chunked + "-1\r\na\r\n0\r\n\r\n", 400, true},
      {"chunk size with space", chunked + "1 \r\na\r\n0\r\n\r\n", 400, true},
      {"chunk size with bare LF", chunked + "1\na\r\n0\r\n\r\n", 400, true},
      {"chunk longer than its size", chunked + "1\r\nab\r\n0\r\n\r\n", 400, true},
      {"chunk end with bare LF", chunked + "1\r\na\n0\r\n\r\n", 400, true},
      {"last chunk with bare LF", chunked + "0\r\n\n", 400, true},
  };
}

}  // namespace stoa::http
