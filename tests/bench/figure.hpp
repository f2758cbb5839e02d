// figure.hpp: one figure of a benchmark in the fixed form, as measure.py prints it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

namespace stoa::bench {

struct Figure {
  std::string_view name, unit;
  std::string_view target = {};  // "<=1.05", ">=4"; empty: it has none
  int digits = 2;                // behind the point
};

// more: what belongs to it, "entries=5". Nothing here runs in a worker.
inline void print_figure(const Figure& figure, double value, std::string_view more = {}) {
  bool is_met = true;
  if (!figure.target.empty()) {
    const double bound = std::strtod(figure.target.data() + 2, nullptr);
    is_met = figure.target.starts_with("<=") ? value <= bound : value >= bound;
  }
  fmt::print("figure {} {:.{}f} {}{}{} tier=T0{}{}{}\n", figure.name, value, figure.digits, figure.unit,
             figure.target.empty() ? "" : " target ", figure.target, more.empty() ? "" : " ", more,
             is_met ? "" : "  MISSED");
}

}  // namespace stoa::bench
