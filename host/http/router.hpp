// router.hpp: routes as data, matched segment by segment; no regular expressions.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/exchange.hpp"
#include "stoa/result.hpp"

namespace stoa::http {

std::string_view method_name(Method method);

// Precedence at each segment: literal, then "{name}", then "{name...}"; a dead end falls back to the next.
// Invariant: immutable after create, so that every I/O thread reads one Router.
class Router {
 public:
  static constexpr std::size_t kParamsMax = 8;

  // Where a match puts its params. text holds decoded ones and must outlive the params: as many bytes as the path.
  struct Scratch {
    std::span<Field> params;  // at least kParamsMax
    std::span<char> text;
  };

  enum class Outcome : std::uint8_t { found, not_found, method_not_allowed, options, bad_path };

  struct Match {
    Outcome outcome = Outcome::not_found;
    const Route* route = nullptr;  // when found
    std::string_view allow;        // value of Allow, when the path is known
    std::size_t params = 0;
  };

  // Errors: invalid_argument "http.route" for a pattern that is malformed or given twice.
  static Result<Router> create(std::vector<Route> routes);

  // Percent-encoded path. HEAD falls back to GET; one trailing slash is ignored.
  Match match(Method method, std::string_view path, Scratch scratch) const;

  Router(Router&&) = default;
  Router& operator=(Router&&) = default;

 private:
  struct Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> segment;  // "{name}"
    std::unique_ptr<Node> rest;     // "{name...}"
    std::vector<const Route*> routes;
    std::string allow;
  };
  struct Walk;

  Router() = default;
  Result<void> add(const Route& route);

  std::unique_ptr<std::vector<Route>> routes_;  // on the heap: nodes point to its elements, also after a move
  std::unique_ptr<Node> root_;
};

}  // namespace stoa::http
