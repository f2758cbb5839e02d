// io_thread.hpp: everything one I/O thread owns; its connections are born and die here.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <poll.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/intrusive/list.hpp>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "host/http/body_memory.hpp"
#include "host/http/held_answers.hpp"
#include "host/http/io_block.hpp"
#include "host/http/lent_loop.hpp"
#include "host/http/response_head.hpp"
#include "host/http/server.hpp"
#include "host/http/timer_wheel.hpp"
#include "host/http/transport.hpp"
#include "host/http/wake_signal.hpp"
#include "host/thread/wake_batch.hpp"

namespace stoa::http {

class Connection;

using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// What all I/O threads read and none writes.
struct Listener {
  std::string address;
  std::uint16_t port = 0;
  Router router;
  std::unique_ptr<boost::asio::ssl::context> tls;
};

struct ServerSettings {
  Limits limits;
  std::uint32_t connections_max_per_thread = 0;
  std::function<void(const ExchangeRecord&)> on_exchange;
  std::function<Response(unsigned status, const Error&, const RequestHead*)> render_error;
  std::shared_ptr<BodyBudget> bodies;
};

// Written by one thread, read by any: no locked instruction.
class Counter {
 public:
  void add(std::int64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(amount),
                 std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Counters {
  Counter connections_accepted, connections_open, requests, requests_inflight;
  Counter rejected_heads, timeouts, client_gone, handler_defects;
};

// Finds the waiting connections whose client has hung up: one poll(2) for all of them, once a tick.
// Rationale: epoll tells of a hang-up only behind unread bytes, and asio does not register EPOLLRDHUP. A call that ends
// within a tick pays two pointer writes.
class HangupWatch {
  using Hook = boost::intrusive::list_base_hook<boost::intrusive::tag<HangupWatch>,
                                                boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

 public:
  class Entry : public Hook {
   public:
    virtual int descriptor() = 0;
    virtual void on_hangup() = 0;

   protected:
    ~Entry() = default;
  };

  void add(Entry& entry) { entries_.push_back(entry); }
  static void remove(Entry& entry) { static_cast<Hook&>(entry).unlink(); }
  static bool has(const Entry& entry) { return static_cast<const Hook&>(entry).is_linked(); }
  bool poll();  // true while anything is watched

 private:
  boost::intrusive::list<Entry, boost::intrusive::base_hook<Hook>, boost::intrusive::constant_time_size<false>>
      entries_;
  std::vector<pollfd> descriptors_;
};

struct ConnectionTag;
using ConnectionHook = boost::intrusive::list_base_hook<boost::intrusive::tag<ConnectionTag>,
                                                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class IoThread {
 public:
  explicit IoThread(const ServerSettings& settings);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void add_acceptor(const Listener& listener, Acceptor acceptor);
  void start();
  void begin_drain(std::uint32_t grace_ms);  // any thread
  void begin_cut();                          // any thread
  void join();                               // after begin_drain or begin_cut
  bool wait_until(std::uint64_t until_ns);   // another thread; true: it has ended
  boost::asio::io_context& context() { return context_; }

  // Below: this thread only.
  bool is_draining() const { return is_draining_; }
  std::uint32_t drain_grace_ms() const { return drain_grace_ms_; }
  void make_request_id(std::string& out);

  const ServerSettings& settings;
  Counters counters;

 private:
  boost::asio::io_context context_;

 public:
  TimerWheel wheel;
  HangupWatch hangups;
  HeldAnswers answers;
  IoBlockPool blocks;
  DateLine date;
  std::string spare_text;  // memory for the next answer's body
  std::shared_ptr<Mailbox> mailbox;
  std::shared_ptr<LoopLink> link;

 private:
  struct Accepting {
    const Listener& listener;
    Acceptor acceptor;
    std::uint32_t open = 0;  // connections of this listener: one that is full leaves the others their room
    bool is_paused = false;
  };

  void run();
  void run_handlers(thread::WakeBatch& wakes);
  Task<void> accept(Accepting& accepting);
  void start_accepting(Accepting& accepting);
  void take_backlog(Accepting& accepting);
  void open(Accepting& accepting, Socket socket, const boost::asio::ip::tcp::endpoint& peer);
  void on_closed(Accepting& accepting);
  bool is_full(const Accepting& accepting) const { return accepting.open >= settings.connections_max_per_thread; }
  void end_if_empty();

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::list<Accepting> acceptors_;
  boost::intrusive::list<Connection, boost::intrusive::base_hook<ConnectionHook>,
                         boost::intrusive::constant_time_size<false>>
      connections_;
  bool is_draining_ = false;
  std::uint32_t drain_grace_ms_ = 0;
  std::uint64_t id_state_;
  std::thread thread_;
  std::mutex end_mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
};

}  // namespace stoa::http
