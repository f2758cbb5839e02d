// router.cpp: a tree of segments. SPDX-License-Identifier: Apache-2.0
#include "host/http/router.hpp"

#include <algorithm>

#include "host/http/text.hpp"

namespace stoa::http {
namespace {

// Undoes %XX into out; nullopt when malformed or when it hides a NUL.
std::optional<std::size_t> decode(std::string_view encoded, std::span<char> out) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    char c = encoded[i];
    if (c == '%') {
      if (i + 2 >= encoded.size()) return std::nullopt;
      const int high = hex_value(encoded[i + 1]), low = hex_value(encoded[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (size == out.size()) return std::nullopt;
    out[size++] = c;
  }
  return size;
}

Error bad_pattern(const Route& route, std::string_view why) {
  return {Code::invalid_argument, "http.route", "route \"" + route.pattern + "\" " + std::string(why), 0};
}

// "{name}" or "{name...}" without the braces and dots; empty for a literal.
std::string_view placeholder(std::string_view segment) {
  if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return {};
  segment = segment.substr(1, segment.size() - 2);
  return segment.ends_with("...") ? segment.substr(0, segment.size() - 3) : segment;
}

}  // namespace

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      break;
  }
  return "OTHER";
}

Result<Router> Router::create(std::vector<Route> routes) {
  Router router;
  router.routes_ = std::make_unique<std::vector<Route>>(std::move(routes));
  router.root_ = std::make_unique<Node>();
  for (const Route& route : *router.routes_) {
    if (auto added = router.add(route); !added) return std::unexpected(added.error());
  }
  return router;
}

Result<void> Router::add(const Route& route) {
  if (!route.pattern.starts_with('/')) return std::unexpected(bad_pattern(route, "does not start with a slash"));
  if (!route.handler) return std::unexpected(bad_pattern(route, "has no handler"));
  Node* node = root_.get();
  std::size_t params = 0;
  std::string_view left = std::string_view(route.pattern).substr(1);
  while (!left.empty()) {
    const std::size_t slash = std::min(left.find('/'), left.size());
    const std::string_view segment = left.substr(0, slash);
    left.remove_prefix(std::min(slash + 1, left.size()));
    if (segment.empty()) return std::unexpected(bad_pattern(route, "has an empty segment"));
    std::unique_ptr<Node>* next = nullptr;
    if (placeholder(segment).empty()) {
      const auto known =
          std::ranges::find(node->literals, segment, [](const auto& l) -> std::string_view { return l.first; });
      next = known != node->literals.end() ? &known->second : &node->literals.emplace_back(segment, nullptr).second;
    } else {
      const bool is_rest = segment.ends_with("...}");
      if (is_rest && !left.empty()) return std::unexpected(bad_pattern(route, "goes on behind the rest of the path"));
      if (++params > kParamsMax) return std::unexpected(bad_pattern(route, "has more than 8 placeholders"));
      next = is_rest ? &node->rest : &node->segment;
    }
    if (!*next) *next = std::make_unique<Node>();
    node = next->get();
  }
  for (const Route* other : node->routes) {
    if (other->method == route.method) return std::unexpected(bad_pattern(route, "is given twice for one method"));
  }
  node->routes.push_back(&route);

  std::vector<Method> allowed{Method::options};
  for (const Route* known : node->routes) {
    allowed.push_back(known->method);
    if (known->method == Method::get) allowed.push_back(Method::head);
  }
  std::ranges::sort(allowed);
  const auto repeated = std::ranges::unique(allowed);
  allowed.erase(repeated.begin(), repeated.end());
  node->allow.clear();
  for (const Method method : allowed) node->allow.append(node->allow.empty() ? "" : ", ").append(method_name(method));
  return {};
}

// One descent through the tree. The params' names come from the route that is found in the end.
struct Router::Walk {
  Scratch scratch;
  std::size_t params = 0;
  std::size_t text_used = 0;
  bool is_bad = false;

  std::string_view decoded(std::string_view segment) {
    if (segment.find('%') == std::string_view::npos) return segment;
    const auto size = decode(segment, scratch.text.subspan(text_used));
    if (!size) {
      is_bad = true;
      return {};
    }
    const std::string_view text(scratch.text.data() + text_used, *size);
    text_used += *size;
    return text;
  }

  // path: without its leading slash; at_end: there is nothing more, not even an empty segment.
  const Node* find(const Node& node, std::string_view path, bool at_end) {
    if (at_end) return node.routes.empty() ? nullptr : &node;
    const std::size_t slash = path.find('/');
    const bool is_last = slash == std::string_view::npos;
    const std::size_t params_before = params, text_before = text_used;
    const std::string_view segment = decoded(path.substr(0, slash));
    if (is_bad) return nullptr;
    const std::string_view left = is_last ? std::string_view{} : path.substr(slash + 1);
    for (const auto& [literal, child] : node.literals) {
      if (literal != segment) continue;
      if (const Node* found = find(*child, left, is_last)) return found;
    }
    if (node.segment && !segment.empty()) {
      scratch.params[params++].value = segment;
      if (const Node* found = find(*node.segment, left, is_last)) return found;
      params = params_before;
    }
    if (node.rest && !path.empty() && !is_bad) {
      scratch.params[params++].value = path;
      if (!node.rest->routes.empty()) return node.rest.get();
      params = params_before;
    }
    text_used = text_before;
    return nullptr;
  }
};

Router::Match Router::match(Method method, std::string_view path, Scratch scratch) const {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  Walk walk{scratch};
  const Node* const node = walk.find(*root_, path, path.empty());
  if (walk.is_bad) return {Outcome::bad_path, nullptr, {}, 0};
  if (!node) return {};

  const auto with = [&](Method wanted) -> const Route* {
    const auto found = std::ranges::find(node->routes, wanted, &Route::method);
    return found == node->routes.end() ? nullptr : *found;
  };
  const Route* route = with(method);
  if (!route && method == Method::head) route = with(Method::get);
  if (!route) {
    const Outcome outcome = method == Method::options ? Outcome::options : Outcome::method_not_allowed;
    return {outcome, nullptr, node->allow, 0};
  }
  std::size_t i = 0;
  for (std::string_view left = std::string_view(route->pattern).substr(1); !left.empty();) {
    const std::size_t slash = std::min(left.find('/'), left.size());
    if (const std::string_view name = placeholder(left.substr(0, slash)); !name.empty()) {
      scratch.params[i++].name = name;
    }
    left.remove_prefix(std::min(slash + 1, left.size()));
  }
  return {Outcome::found, route, node->allow, walk.params};
}

}  // namespace stoa::http
