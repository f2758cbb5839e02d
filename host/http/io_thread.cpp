// io_thread.cpp: accepting, the end of connections, and the drain. SPDX-License-Identifier: Apache-2.0
#include "host/http/io_thread.hpp"

#include <sys/random.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstring>

#include "host/http/connection.hpp"

namespace stoa::http {
namespace {

namespace asio = boost::asio;

// Out of descriptors or memory: accepting again at once would spin, and time is what frees them.
constexpr std::chrono::milliseconds kAcceptPause{100};
// After a cut, how long handlers get to notice that their clients are gone.
constexpr std::chrono::milliseconds kCutGrace{2'000};

// Handlers that run before those they have work for are woken: about ten requests, tens of microseconds.
constexpr std::size_t kBurstMax = 32, kBurstsMax = 8;

HeadLimits head_limits(const Limits& limits) {
  return {limits.head_bytes_max, limits.fields_max, limits.target_bytes_max};
}

std::uint64_t random_seed() {
  std::uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = monotonic_ns();
  return seed;
}

}  // namespace

bool HangupWatch::poll() {
  if (entries_.empty()) return false;
  descriptors_.clear();
  for (Entry& entry : entries_) descriptors_.push_back({entry.descriptor(), POLLRDHUP, 0});
  if (::poll(descriptors_.data(), descriptors_.size(), 0) <= 0) return true;
  // Telling one may end others: entries that left the list in between are recognised by their absence.
  for (const pollfd& polled : descriptors_) {
    if ((polled.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0) continue;
    for (Entry& entry : entries_) {
      if (entry.descriptor() != polled.fd) continue;
      entry.on_hangup();
      break;
    }
  }
  return !entries_.empty();
}

IoThread::IoThread(const ServerSettings& shared)
    : settings(shared),
      // The scheduler stays locked for posts from other threads; descriptors are touched by this thread only.
      context_(static_cast<int>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO)),
      wheel(context_),
      blocks(head_limits(shared.limits)),
      mailbox(std::make_shared<Mailbox>(context_)),
      link(std::make_shared<LoopLink>(context_)),
      work_(context_.get_executor()),
      id_state_(random_seed()) {
  wheel.on_tick([this] { return hangups.poll(); });
}

IoThread::~IoThread() {
  if (thread_.joinable()) {
    begin_cut();
    join();
  }
  mailbox->close();
  link->close();
}

void IoThread::add_acceptor(const Listener& listener, Acceptor acceptor) {
  acceptors_.push_back({listener, std::move(acceptor)});
}

void IoThread::start() {
  thread_ = std::thread([this] { run(); });
}

void IoThread::run() {
  mailbox->belongs_to(std::this_thread::get_id());
  thread::WakeBatch wakes;
  link->start();
  link->watch(mailbox->descriptor(), [this] {
    mailbox->drain();
    return false;
  });
  for (Accepting& accepting : acceptors_) start_accepting(accepting);
  answers.open();
  for (;;) {
    try {
      run_handlers(wakes);
      break;
    } catch (...) {
      // Coroutines catch their own; whatever else escapes must not end the thread that others wait for.
      counters.handler_defects.add();
    }
  }
  answers.close();
  // Only after a hard stop: coroutines that still wait for a signal are destroyed, then the operations of the others
  // come back cancelled.
  for (auto it = connections_.begin(); it != connections_.end();) (it++)->abandon();
  link->stop();
  context_.restart();
  work_.reset();
  ErrorCode error;
  for (Accepting& accepting : acceptors_) accepting.acceptor.close(error);
  context_.run_for(std::chrono::milliseconds(100));
  const std::lock_guard lock(end_mutex_);
  has_ended_ = true;
  ended_.notify_all();
}

// Until the context is stopped. Answers leave, and a thread that a handler has work for is woken, when the handlers
// that are ready have run, or enough of them; who is woken last, when none is ready, or after several such bursts.
void IoThread::run_handlers(thread::WakeBatch& wakes) {
  std::size_t ran = 0, bursts = 0;
  do {
    while (!wakes.is_empty() || wakes.is_expecting() || !answers.is_empty()) {
      const bool ran_one = context_.poll_one() > 0;
      if (ran_one && ++ran < kBurstMax) continue;
      answers.release();
      const bool goes_on = ran_one && ++bursts < kBurstsMax;
      goes_on ? wakes.flush_but_last() : wakes.flush();
      if (!goes_on) bursts = 0;
      if (wakes.is_expecting()) wakes.look();
      ran = 0;
    }
  } while (context_.run_one() > 0);
}

void IoThread::start_accepting(Accepting& accepting) {
  asio::co_spawn(context_.get_executor(), accept(accepting), [this](std::exception_ptr defect) {
    if (defect) counters.handler_defects.add();
  });
}

Task<void> IoThread::accept(Accepting& accepting) {
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      pause(context_);
  while (!is_draining_) {
    if (is_full(accepting)) {
      // Full: the kernel's backlog holds new clients until a connection ends (on_closed).
      accepting.is_paused = true;
      co_return;
    }
    asio::ip::tcp::endpoint peer;
    auto [error, socket] = co_await accepting.acceptor.async_accept(context_.get_executor(), peer, kAsTuple);
    if (!error) {
      open(accepting, std::move(socket), peer);
    } else if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
      co_return;
    } else if (error != asio::error::connection_aborted) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(kAsTuple);
    }
  }
}

void IoThread::open(Accepting& accepting, Socket socket, const asio::ip::tcp::endpoint& peer) {
  counters.connections_accepted.add();
  counters.connections_open.add();
  ++accepting.open;
  auto connection = std::make_unique<Connection>(*this, accepting.listener, std::move(socket), peer);
  connections_.push_back(*connection);
  asio::co_spawn(context_.get_executor(), Connection::run(std::move(connection)),
                 [this, &accepting](std::exception_ptr defect) {
                   if (defect) counters.handler_defects.add();
                   on_closed(accepting);
                 });
}

void IoThread::on_closed(Accepting& accepting) {
  counters.connections_open.add(-1);
  --accepting.open;
  if (is_draining_) return end_if_empty();
  if (!accepting.is_paused || is_full(accepting)) return;
  accepting.is_paused = false;
  start_accepting(accepting);
}

// Clients in the kernel's backlog believe that they are connected: they are served like the others.
void IoThread::take_backlog(Accepting& accepting) {
  ErrorCode error;
  accepting.acceptor.non_blocking(true, error);
  while (!error) {
    asio::ip::tcp::endpoint peer;
    Socket socket(context_);
    accepting.acceptor.accept(socket, peer, error);
    if (!error) open(accepting, std::move(socket), peer);
  }
  accepting.acceptor.close(error);
}

void IoThread::begin_drain(std::uint32_t grace_ms) {
  asio::post(context_, [this, grace_ms] {
    if (is_draining_) return;
    is_draining_ = true;
    drain_grace_ms_ = grace_ms;
    answers.release();
    for (Accepting& accepting : acceptors_) take_backlog(accepting);
    for (Connection& connection : connections_) connection.begin_drain();
    end_if_empty();
  });
}

void IoThread::begin_cut() {
  asio::post(context_, [this] {
    is_draining_ = true;
    answers.release();
    ErrorCode ignored;
    for (Accepting& accepting : acceptors_) accepting.acceptor.close(ignored);
    // Cutting one may end it, and so unlink it: the next is taken first.
    for (auto it = connections_.begin(); it != connections_.end();) (it++)->cut();
    end_if_empty();
    if (context_.stopped()) return;
    auto last = std::make_shared<asio::steady_timer>(context_, kCutGrace);
    last->async_wait([this, last](ErrorCode) { context_.stop(); });
  });
}

void IoThread::end_if_empty() {
  if (connections_.empty() && counters.connections_open.get() == 0) context_.stop();
}

bool IoThread::wait_until(std::uint64_t until_ns) {
  std::unique_lock lock(end_mutex_);
  const std::uint64_t now_ns = monotonic_ns();
  return ended_.wait_for(lock, std::chrono::nanoseconds(until_ns > now_ns ? until_ns - now_ns : 0),
                         [this] { return has_ended_; });
}

void IoThread::join() { thread_.join(); }

// 128 bits of splitmix64: unique, not secret. The digits' order says nothing, so that eight are made at once.
void IoThread::make_request_id(std::string& out) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  out.resize(32);
  char* at = out.data();
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t z = id_state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    for (const std::uint64_t digits : {z & (kEach * 15), z >> 4 & (kEach * 15)}) {
      const std::uint64_t letters = (digits + kEach * 6) >> 4 & kEach;  // 1 where a digit is ten or more
      const std::uint64_t text = digits + kEach * '0' + letters * ('a' - '0' - 10);
      std::memcpy(at, &text, sizeof text);
      at += sizeof text;
    }
  }
}

}  // namespace stoa::http
