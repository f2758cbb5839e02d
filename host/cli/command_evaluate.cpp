// command_evaluate.cpp: `stoa evaluate`: runs a release on a labelled set, and says what came of it, signed.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <signal.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <thread>

#include "host/cli/command.hpp"
#include "host/cli/evaluate_actions.hpp"
#include "host/cli/evaluate_run.hpp"
#include "host/cli/evaluate_text.hpp"
#include "host/cli/key_option.hpp"
#include "host/cli/registry_text.hpp"
#include "host/client/problem_answer.hpp"
#include "registry/document/staging.hpp"
#include "registry/evaluation/evaluation.hpp"

namespace stoa::cli {
namespace {

using EvaluationClock = std::chrono::steady_clock;

// On a terminal twice a second in place, elsewhere a line every ten seconds: a log should tell that it goes on.
class Progress {
 public:
  explicit Progress(std::size_t all) : all_(all) {}
  void operator()(std::size_t done, std::size_t failed) {
    const auto now = EvaluationClock::now();
    if (now - last_ < pause_ && done != all_) return;
    last_ = now;
    if (!is_terminal_ && !is_long_ && done == all_) return;
    is_long_ = true;
    fmt::print(stderr, "{}{} of {} examples, {} failed{}", is_terminal_ ? "\r" : "", done, all_, failed,
               is_terminal_ && done != all_ ? "" : "\n");
  }

 private:
  const std::size_t all_;
  const bool is_terminal_ = ::isatty(STDERR_FILENO) == 1;
  const std::chrono::milliseconds pause_{is_terminal_ ? 500 : 10'000};
  EvaluationClock::time_point last_ = EvaluationClock::now();
  bool is_long_ = false;
};

// Once at first, then every ten seconds.
class Waiting {
 public:
  void operator()(const Error& said) {
    const auto now = EvaluationClock::now();
    if (told_ && now - *told_ < std::chrono::seconds(10)) return;
    told_ = now;
    fmt::print(stderr, "waiting for the host: {} ({})\n", said.message, said.reason);
  }

 private:
  std::optional<EvaluationClock::time_point> told_;
};

// From its making on SIGINT and SIGTERM are heard here, by threads that are made later as well: the first ends the run
// in order, with the host and its folder; the second ends the process where it stands.
class Interruption {
 public:
  Interruption() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    listener_ = std::jthread([this](const std::stop_token& done) {
      const timespec pause{0, 100'000'000};
      while (!done.stop_requested()) {
        if (sigtimedwait(&signals_, nullptr, &pause) <= 0) continue;
        if (is_stopped_.exchange(true)) _exit(static_cast<int>(Exit::refused));
      }
    });
  }
  const std::atomic<bool>& is_stopped() const { return is_stopped_; }

 private:
  sigset_t signals_{};
  std::atomic<bool> is_stopped_ = false;
  std::jthread listener_;  // declared last: ends first
};

std::string processor() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name")) {
      const std::size_t colon = line.find(": ");
      if (colon != line.npos) return client::printable(line.substr(colon + 2)).substr(0, 200);
    }
  return "unknown";
}

registry::EvaluationRun this_machine(const EvaluatedModel& model, const EvaluateOptions& options) {
  utsname names{};
  uname(&names);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {.on = options.server.empty() ? "package" : "server",
          .isolation = model.isolation,
          .concurrency = static_cast<std::uint64_t>(options.concurrency),
          .os = "linux",
          .arch = names.machine,
          .cpu = processor(),
          .cpus = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN))),
          .stoa = STOA_VERSION,
          .at_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count(),
          .took_ms = 0};
}

Result<EvaluatedModel> model_of(const EvaluateOptions& options) {
  const std::string& word = options.words[0];
  if (options.server.empty()) {
    if (!word.ends_with(".stoa"))
      return usage(fmt::format("MODEL: '{}' is no .stoa file; a model of a running host wants --server URL",
                               client::printable(word)));
    return release_of(word, options.model);
  }
  const auto at = word.find('@');
  if (!options.package.empty()) {
    auto model = release_of(options.package, word.substr(0, at));
    if (model && at != word.npos && model->version != word.substr(at + 1))
      return usage(fmt::format("MODEL: is version {}, the package {}", word.substr(at + 1), model->version));
    return model;
  }
  if (options.url.empty() || at == word.npos)
    return usage(
        "a running host does not tell its package: name it with --package FILE, or give MODEL@VERSION and "
        "--registry URL, which knows");
  auto registry = connect(options);
  if (!registry) return std::unexpected(registry.error());
  return release_of(*registry, word.substr(0, at), word.substr(at + 1));
}

Result<void> write_whole(const std::string& file, std::string_view text) {
  auto staging = registry::StagingFile::create(file, 0644);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(text))); !written) return written;
  return staging->publish();
}

std::string default_file(const registry::Evaluation& evaluation) {
  std::string name = evaluation.model + "-" + evaluation.version + "-" + evaluation.dataset.name;
  std::ranges::replace_if(
      name, [](unsigned char c) { return !(std::isalnum(c) || c == '.' || c == '-' || c == '_'); }, '-');
  return name.substr(0, 200) + ".evaluation.json";
}

struct Done {
  registry::Evaluation evaluation;
  std::string outcomes;
};

Result<Done> evaluate(const EvaluateOptions& options) {
  const std::filesystem::path file = options.dataset, folder = file.parent_path();
  auto model = model_of(options);  // cheap, and most often what is wrong
  if (!model) return std::unexpected(model.error());
  const auto set = registry::read_dataset(file);
  if (!set) return std::unexpected(set.error());
  const Interruption interruption;
  std::unique_ptr<PackageHost> host;
  model->url = options.server;
  model->ca_file = options.ca_file;
  if (options.server.empty()) {
    auto started = PackageHost::start(options, options.words[0]);
    if (!started) return std::unexpected(started.error());
    host = std::move(*started);
    model->url = host->url();
  }
  const MeetingPlan meeting{
      .wait = std::chrono::seconds(options.wait_s), .on_waiting = Waiting(), .is_stopped = interruption.is_stopped()};
  if (auto met = meet(*model, meeting); !met) return std::unexpected(met.error());
  auto output = answering_output(*model, *set, options.output);
  if (!output) return std::unexpected(output.error());
  const std::size_t examples = options.limit == 0
                                   ? set->examples.size()
                                   : std::min(set->examples.size(), static_cast<std::size_t>(options.limit));
  Done done;
  done.evaluation.run = this_machine(*model, options);
  const auto began = EvaluationClock::now();
  const auto outcomes = run_examples(*model, {.set = *set,
                                              .folder = folder,
                                              .output = std::move(*output),
                                              .examples = examples,
                                              .concurrency = options.concurrency,
                                              .timeout_s = options.timeout_s,
                                              .on_progress = Progress(examples),
                                              .is_stopped = interruption.is_stopped()});
  if (!outcomes) return std::unexpected(outcomes.error());
  registry::Evaluation& evaluation = done.evaluation;
  evaluation.run.took_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(EvaluationClock::now() - began).count());
  evaluation.plugin = model->plugin;
  evaluation.version = model->version;
  evaluation.model = model->model;
  evaluation.package_sha256 = model->package_sha256;
  evaluation.dataset = {options.dataset_name.empty() ? file.stem().string() : options.dataset_name, set->sha256,
                        set->examples.size()};
  if (!registry::is_label(evaluation.dataset.name)) return usage("--dataset-name: want 1 to 256 bytes of text");
  evaluation.scores = registry::score(*outcomes);
  if (options.without_outcomes) return done;
  done.outcomes = registry::write_outcomes(*outcomes);
  if (done.outcomes.size() <= registry::kOutcomesBytesMax)
    evaluation.outcomes = registry::OutcomesDigest{registry::sha256_of(done.outcomes), done.outcomes.size()};
  else
    done.outcomes.clear();
  return done;
}

Exit run(const EvaluateOptions& options) {
  if (options.words.empty()) return report(usage("MODEL or an action is missing").error());
  if (is_evaluate_action(options)) return run_evaluate_action(options);
  if (options.words.size() > 1)
    return report(usage(fmt::format("'{}': MODEL is one word", client::printable(options.words[1]))).error());
  if (options.dataset.empty()) return report(usage("--dataset FILE is missing").error());
  if (options.is_attaching && (options.key.empty() || options.url.empty()))
    return report(usage("--attach wants --key FILE to sign with and --registry URL").error());
  std::optional<registry::PrivateKey> key;
  if (!options.key.empty()) {
    auto loaded = registry::read_private_key(options.key);
    if (!loaded) return report(loaded.error());
    key = std::move(*loaded);
  }
  const auto done = evaluate(options);
  if (!done) return report(done.error());
  Json answer = evaluation_json(done->evaluation);
  std::string told = evaluation_text(done->evaluation);
  if (key) {
    const std::string file = options.out.empty() ? default_file(done->evaluation) : options.out;
    const std::string envelope = registry::sign_evaluation(done->evaluation, *key);
    if (!done->outcomes.empty())
      if (auto written = write_whole(outcomes_file_of(file), done->outcomes + "\n"); !written)
        return report(written.error());
    if (auto written = write_whole(file, envelope + "\n"); !written) return report(written.error());
    answer = {{"file", file}, {"key_id", key->public_key().id().hex}, {"evaluation", std::move(answer)}};
    told += fmt::format("signed: {}\n", file);
    if (options.is_attaching) {
      const auto kept = read_evaluation(file);
      if (!kept) return report(kept.error());
      auto registry = connect(options);
      if (!registry) return report(registry.error());
      const auto attached = attach(*registry, *kept, key->public_key().pem());
      if (!attached) return report(attached.error());
      answer["attached"] = *attached;
      told += fmt::format("attached: {}\n", member_text(*attached, "id"));
    }
  } else {
    told += "not signed: --key FILE keeps it\n";
  }
  if (options.json)
    fmt::print("{}\n", answer.dump(2, ' ', true, Json::error_handler_t::replace));
  else
    fmt::print("{}", told);
  return Exit::ok;
}

}  // namespace

Action declare_evaluate(CommandLine line) {
  const auto options = std::make_shared<EvaluateOptions>();
  line.texts("MODEL", options->words,
             "package to run here; with --server a model, acme/classify@1.2.0. Or one of:\n"
             "verify FILE\ncompare A B\nattach FILE\nlist RELEASE\nshow EVALUATION",
             {.type_name = ""});
  line.text("--dataset", options->dataset, "labelled set, JSON lines", {.type_name = "FILE"});
  line.text("--dataset-name", options->dataset_name, "its name in the result (default: the file's)",
            {.type_name = "NAME"});
  line.text("--model", options->model, "which model of the package", {.type_name = "NAME"});
  line.text("--output", options->output, "which output of the model is the answer", {.type_name = "NAME"});
  line.number("--limit", options->limit, 0, 1'000'000, "only so many examples, the first ones (0: all)");
  line.number("--concurrency", options->concurrency, 1, 256, "so many requests at once (default 1)");
  line.number("--timeout-s", options->timeout_s, 1, 3'600, "without an answer for so long, an example has failed");
  line.number("--wait-s", options->wait_s, 0, 3'600, "so long a host may take to load the release (default 120)");
  line.text("--key", options->key, "private key (PEM): signs the result and writes it to a file",
            {.type_name = "FILE"});
  line.text("--out", options->out, "that file (default: MODEL-VERSION-DATASET.evaluation.json)", {.type_name = "FILE"});
  line.flag("--without-outcomes", options->without_outcomes, "keep no answers of single examples");
  line.flag("--attach", options->is_attaching, "attach the result to its release in the registry");
  line.text("--server", options->server, "ask a running host: its customer plane", {.type_name = "URL"});
  line.text("--package", options->package, "the package that host serves", {.type_name = "FILE"});
  line.text("--config", options->config, "configuration file of `stoa serve`, for workers and limits",
            {.type_name = "FILE"});
  add_trust_option(line, options->trust);
  line.texts("--allow", options->allow, "what the plugin's sandbox may open: publisher/plugin=jit",
             {.type_name = "PLUGIN=PERMISSION"});
  line.texts("--in-process", options->in_process, "run it in this process, not in a sandboxed worker",
             {.type_name = "PATTERN"});
  line.text("--public-key", options->public_key, "public key (PEM) of who signed, to verify or attach",
            {.type_name = "FILE"});
  line.text("--registry", options->url, "the registry: the operator plane of a host that has one",
            {.type_name = "URL", .environment = "STOA_REGISTRY"});
  line.text("--token-file", options->token_file, "file with the token of a publisher or operator",
            {.type_name = "FILE", .environment = "STOA_TOKEN_FILE"});
  line.text("--ca-file", options->ca_file, "who may vouch for the server or registry (PEM)", {.type_name = "FILE"});
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa evaluate acme-vision-1.2.0.stoa --trust acme=acme.pub.pem --dataset test.jsonl --key acme.key.pem\n"
      "  stoa evaluate acme/classify@1.2.0 --server http://127.0.0.1:8080 --package acme-vision-1.2.0.stoa "
      "--dataset test.jsonl\n"
      "  stoa evaluate verify acme-classify-1.2.0-test.evaluation.json --trust acme=acme.pub.pem\n"
      "  stoa evaluate compare old.evaluation.json new.evaluation.json\n"
      "  stoa evaluate attach new.evaluation.json --registry http://127.0.0.1:8081 --token-file acme.token\n\n"
      "the set's form, and what each figure means: docs/reference/evaluation.md");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
