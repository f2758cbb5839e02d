// command_serve.cpp: `stoa serve`: loads the packages of a folder and answers over HTTP until it is told to stop.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

#include "host/app/host.hpp"
#include "host/cli/command.hpp"
#include "host/cli/key_option.hpp"
#include "registry/package/permission.hpp"

namespace stoa::cli {
namespace {

// Nobody loses patience within half a second; two senders of one stop are milliseconds apart.
constexpr std::chrono::milliseconds kSameWish{500};

struct ServeOptions {
  std::string config, packages, state, ports_file;
  std::vector<std::string> trust, in_process, allow;
  std::optional<std::uint16_t> port, operator_port;
  bool strict = false;
};

// The command line speaks last: it replaces or adds to what the file says.
Result<app::Config> configuration(const ServeOptions& options) {
  app::Config config;
  if (!options.config.empty()) {
    auto loaded = app::load_config(options.config);
    if (!loaded) return loaded;
    config = std::move(*loaded);
  }
  if (!options.packages.empty()) config.packages = options.packages;
  if (!options.state.empty()) config.state = options.state;
  if (options.port) config.customer.port = *options.port;
  if (options.operator_port) config.operators.port = *options.operator_port;
  config.in_process.insert(config.in_process.end(), options.in_process.begin(), options.in_process.end());
  for (const std::string& row : options.allow) {
    const auto equals = row.find('=');
    if (equals == std::string::npos)
      return failure(Code::invalid_argument, "usage.allow",
                     fmt::format("--allow {}: want publisher/plugin=permission, as in acme/vision=jit", row));
    registry::Permissions unused;
    if (const auto good = registry::add_permission(row.substr(equals + 1), unused); !good)
      return failure(Code::invalid_argument, "usage.allow", fmt::format("--allow {}: {}", row, good.error().message));
    config.permissions.emplace(row.substr(0, equals), row.substr(equals + 1));
  }
  for (const std::string& row : options.trust) {
    const auto equals = row.find('=');
    config.trust.emplace(row.substr(0, equals), row.substr(equals + 1));
  }
  return config;
}

// Whoever starts the host with port 0 reads where it listens: two lines, written at once (rename).
Result<void> write_ports(const std::string& file, const app::Ports& ports) {
  const std::string draft = file + ".draft";
  std::ofstream(draft) << ports.customer << '\n' << ports.operators << '\n';
  std::error_code error;
  std::filesystem::rename(draft, file, error);
  if (error) return failure(Code::not_found, "serve.ports_file", fmt::format("{}: {}", file, error.message()));
  return {};
}

void print_ready(const app::Config& config, const app::Ports& ports, const app::LoadReport& report) {
  const auto url = [](const app::PlaneConfig& plane, std::uint16_t port) {
    const bool is_v6 = plane.address.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", plane.tls ? "https" : "http", is_v6 ? "[" : "", plane.address,
                       is_v6 ? "]" : "", port);
  };
  fmt::print("serving {} model{} at {} (metrics: {}/metrics)\n", report.models, report.models == 1 ? "" : "s",
             url(config.customer, ports.customer), url(config.operators, ports.operators));
  for (const std::string& model : report.names) fmt::print("  {}\n", model);
  if (report.refused > 0) fmt::print("  {} refused; the log says why\n", report.refused);
  std::fflush(stdout);
}

Exit run(const ServeOptions& options) {
  const auto config = configuration(options);
  if (!config) {
    report(config.error());
    return Exit::usage;
  }
  // Before any thread is made, so that every thread inherits the mask and only sigwait below sees them.
  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGHUP);  // a terminal that is closed
  pthread_sigmask(SIG_BLOCK, &stops, nullptr);
  signal(SIGPIPE, SIG_IGN);

  auto log = app::Log::open(config->log);
  if (!log) {
    report(log.error());
    return Exit::usage;
  }
  auto host = app::Host::create(*config, **log);
  if (!host) {
    report(host.error());
    return host.error().code == Code::invalid_argument ? Exit::usage : Exit::environment;
  }
  std::error_code ignored;  // a folder that cannot be looked at is refused when it is scanned
  if (!config->registry && !std::filesystem::exists(config->packages, ignored))
    return report({Code::not_found, "file.not_found", "packages: there is no folder " + config->packages.string(), 0},
                  "make it, or name the one that holds your *.stoa files: --packages DIR");
  (*host)->start();
  if (!options.ports_file.empty())
    if (auto written = write_ports(options.ports_file, (*host)->ports()); !written) return report(written.error());

  // Loading may take a minute; signals are heard meanwhile, and end it between two packages.
  bool is_refused = false;
  std::jthread loader([&](std::stop_token stop) {
    const app::LoadReport loaded = (*host)->load(stop);
    is_refused = loaded.refused > 0;
    if (stop.stop_requested()) return;
    print_ready(*config, (*host)->ports(), loaded);
    if (options.strict && is_refused) kill(getpid(), SIGTERM);
  });
  int signal_number = 0;
  sigwait(&stops, &signal_number);
  loader.request_stop();

  // A second signal ends the process where it stands: the operator has lost patience. One that comes right behind the
  // first is the same wish, told twice: a supervisor's to the process and a shell's to its group.
  const auto same_wish_until = std::chrono::steady_clock::now() + kSameWish;
  std::jthread impatience([&stops, same_wish_until](std::stop_token done) {
    const timespec pause{0, 200'000'000};
    while (!done.stop_requested()) {
      const bool is_told = sigtimedwait(&stops, nullptr, &pause) > 0;
      if (is_told && std::chrono::steady_clock::now() >= same_wish_until) _exit(static_cast<int>(Exit::refused));
    }
  });
  loader.join();  // a package that is being loaded is loaded to its end, which its load_ms bounds
  const bool drained = (*host)->drain();
  const bool failed = !drained || (options.strict && is_refused);
  return failed ? Exit::refused : Exit::ok;
}

}  // namespace

Action declare_serve(CommandLine line) {
  const auto options = std::make_shared<ServeOptions>();
  line.text("--config", options->config, "configuration file (TOML); options below speak after it",
            {.type_name = "FILE"});
  line.text("--packages", options->packages, "folder that is scanned for *.stoa (default: packages)",
            {.type_name = "DIR"});
  line.text("--state", options->state, "folder where verified packages are unpacked (default: state)",
            {.type_name = "DIR"});
  add_trust_option(line, options->trust);
  line.texts("--in-process", options->in_process,
             "plugin that runs inside the host, not in a sandboxed worker: publisher/plugin or publisher/*",
             {.type_name = "PATTERN"});
  line.texts("--allow", options->allow, "what a plugin's sandbox may open: publisher/plugin=jit, =network:tcp:443, …",
             {.type_name = "PLUGIN=PERMISSION"});
  line.port("--port", options->port, "port for applications (default: 8080; 0: any free one)");
  line.port("--operator-port", options->operator_port, "port for the operator (default: 8081; 0: any free one)");
  line.text("--ports-file", options->ports_file, "write both ports there, one a line, once they are bound",
            {.type_name = "FILE"});
  line.flag("--strict", options->strict, "end when a package is refused or a model fails to load");
  line.footer(
      "examples:\n"
      "  stoa serve --packages packages --trust acme=acme.pub.pem --allow 'acme/vision=jit'\n"
      "  stoa serve --config stoa.toml\n\n"
      "SIGTERM, SIGINT and SIGHUP drain: requests under way are answered, then the host ends with 0. A second signal "
      "ends it at once,\n"
      "unless it comes within half a second of the first.\n"
      "the configuration file: docs/how-to/operate-a-host.md");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
