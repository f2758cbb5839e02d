// http_client.hpp: a customer's client in the tests: libcurl. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::test {

struct Answer {
  long status = 0;  // 0: no answer, see error
  std::string body, error;
  std::map<std::string, std::string> fields;  // names in lower case
};

// One connection, kept alive. Every request has 10 s.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port)
      : base_("http://127.0.0.1:" + std::to_string(port)), curl_(curl_easy_init()) {}

  Answer get(const std::string& path, std::vector<std::string> fields = {}) { return send("GET", path, {}, fields); }
  // As curl --compressed: asks for what libcurl can undo, and undoes it.
  Answer get_compressed(const std::string& path) { return send("GET", path, {}, {}, "gzip, deflate"); }
  Answer post(const std::string& path, std::string_view body, std::vector<std::string> fields = {}) {
    return send("POST", path, body, fields);
  }

  Answer send(const char* method, const std::string& path, std::string_view body, std::vector<std::string> fields,
              const char* encodings = nullptr) {
    Answer answer;
    CURL* curl = curl_.get();
    curl_easy_reset(curl);
    const std::string url = base_ + path;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 10'000L);
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, encodings);
    if (std::string_view(method) == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (std::string_view(method) == "POST") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    }
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    bool has_type = false;
    for (const auto& field : fields) {
      list = curl_slist_append(list, field.c_str());
      has_type = has_type || field.starts_with("Content-Type:");
    }
    if (!has_type) list = curl_slist_append(list, "Content-Type: application/json");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_field);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
    const CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(list);
    if (code != CURLE_OK) {
      answer.error = curl_easy_strerror(code);
      return answer;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
  }

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t n, void* to) {
    static_cast<Answer*>(to)->body.append(data, size * n);
    return size * n;
  }
  static std::size_t on_field(char* data, std::size_t size, std::size_t n, void* to) {
    std::string_view line(data, size * n);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size * n;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(tolower(static_cast<unsigned char>(c)));
    line.remove_prefix(colon + 1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    static_cast<Answer*>(to)->fields[name] = line;
    return size * n;
  }

  struct Close {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  };
  std::string base_;
  std::unique_ptr<CURL, Close> curl_;
};

}  // namespace stoa::test
