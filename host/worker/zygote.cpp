// zygote.cpp: the host's end. SPDX-License-Identifier: Apache-2.0
#include "host/worker/zygote.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "host/thread/monotonic.hpp"
#include "host/worker/namespaces.hpp"
#include "host/worker/zygote_wire.hpp"

namespace stoa::worker {
namespace {

std::unexpected<Error> no_fork(const std::string& what) { return failure(Code::unavailable, "launch.zygote", what); }
std::unexpected<Error> no_fork(const std::string& what, int error) {
  return no_fork(what + ": " + std::generic_category().message(error));
}

struct SocketPair {
  Descriptor ours, childs;
};

Result<SocketPair> make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return no_fork("cannot make a socket pair", errno);
  return SocketPair{Descriptor(ends[0]), Descriptor(ends[1])};
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// The kernel says who sent it: in its own namespace a child does not know the number it has in ours.
struct Hello {
  Heard heard = Heard::nothing;
  pid_t pid = 0;
  StartReport report{};
};

Hello receive_hello(int channel) {
  Hello hello;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
  const Arrival got = receive_beside(channel, std::as_writable_bytes(std::span(&hello.report, 1)), control);
  if (got.bytes <= 0) {
    hello.heard = got.bytes == 0 ? Heard::end : Heard::nothing;
    return hello;
  }
  const bool is_whole = got.bytes == sizeof(hello.report) && !got.is_cut;
  if (!is_whole || got.beside == nullptr || got.beside->cmsg_type != SCM_CREDENTIALS) return hello;
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(got.beside), sizeof(sender));
  hello.pid = sender.pid;
  hello.heard = Heard::message;
  return hello;
}

Result<void> send_request(int zygote, int channel, const LaunchSpec& spec) {
  const ForkRequest request{spec.uid, spec.gid, spec.tier == Tier::t2n, spec.network};
  std::string bytes(reinterpret_cast<const char*>(&request), sizeof(request));
  for (const std::string& argument : spec.arguments) bytes.append(argument).push_back('\0');
  std::vector<int> sent{channel};
  sent.insert(sent.end(), spec.descriptors.begin(), spec.descriptors.end());
  sent.push_back(spec.output);
  if (sent.size() > kDescriptorsSentMax || bytes.size() > kRequestBytesMax)
    return no_fork(std::to_string(sent.size()) + " descriptors and " + std::to_string(bytes.size()) +
                   " bytes are too many for one message");
  const std::size_t sent_bytes = sent.size() * sizeof(int);
  std::vector<char> control(CMSG_SPACE(sent_bytes));
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sent_bytes);
  std::memcpy(CMSG_DATA(head), sent.data(), sent_bytes);
  ssize_t done = -1;
  do done = ::sendmsg(zygote, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (done < 0 && errno == EINTR);
  if (done >= 0) return {};
  if (errno == EBADF) return failure(Code::invalid_argument, "launch.spec", "a descriptor is not open");
  return no_fork("the zygote cannot be asked", errno);
}

// Everything that is said over the channel has this time. 0 would be for ever.
void set_patience(int channel, std::uint64_t until_ns) {
  const std::uint64_t now_ns = thread::monotonic_ns();
  const std::uint64_t left_us = until_ns > now_ns + 1000 ? (until_ns - now_ns) / 1000 : 1;
  const timeval left{static_cast<time_t>(left_us / 1'000'000), static_cast<suseconds_t>(left_us % 1'000'000)};
  ::setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &left, sizeof(left));
}

Result<void> see_settled(pid_t child, const LaunchSpec& spec, int channel) {
  if (spec.tier == Tier::t2n) return see_through(child, {spec.uid, spec.gid, spec.network, 0}, channel);
  StartReport report{StartStep::program, ETIMEDOUT};
  if (send_to(channel, kGo) && receive_from(channel, report) == Heard::end) return {};
  return no_fork("the forked worker did not settle", report.error);
}

}  // namespace

Result<std::unique_ptr<Zygote>> Zygote::start(const std::filesystem::path& program,
                                              std::span<const std::string> preload) {
  auto pair = make_pair();
  if (!pair) return std::unexpected(pair.error());
  const Descriptor null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  LaunchSpec spec;
  spec.program = program;
  spec.arguments = {kZygoteOption, std::to_string(::getpid())};
  spec.arguments.insert(spec.arguments.end(), preload.begin(), preload.end());
  spec.descriptors = {pair->childs.get()};
  spec.output = null.get();
  const auto launched = worker::launch(spec);
  if (!launched) return std::unexpected(launched.error());
  return std::unique_ptr<Zygote>(new Zygote(std::move(pair->ours), *launched));
}

Zygote::~Zygote() {
  if (!is_buried_) {
    kill();
    reap(launched_.pid);
  }
  ::close(launched_.pidfd);
}

void Zygote::kill() const { ::syscall(SYS_pidfd_send_signal, launched_.pidfd, SIGKILL, nullptr, 0u); }

Result<Launched> Zygote::launch(const LaunchSpec& spec, std::uint64_t until_ns) const {
  auto pair = make_pair();
  if (!pair) return std::unexpected(pair.error());
  const int channel = pair->ours.get();
  const int yes = 1;
  if (::setsockopt(channel, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) != 0)
    return no_fork("cannot ask who speaks", errno);
  set_patience(channel, until_ns);
  if (auto sent = send_request(channel_.get(), pair->childs.get(), spec); !sent) return std::unexpected(sent.error());
  pair->childs.reset();
  const Hello hello = receive_hello(channel);
  if (hello.heard == Heard::end) return no_fork("the zygote has ended");
  if (hello.heard == Heard::nothing)
    return failure(Code::deadline_exceeded, "launch.zygote", "the zygote does not answer");
  if (hello.report.error != 0) return no_fork("the zygote cannot fork", hello.report.error);

  // No race: a child's number is its own until we reap it, and what is no child of ours is refused here.
  siginfo_t ignored{};
  const bool is_ours = ::waitid(P_PID, static_cast<id_t>(hello.pid), &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
  const long pidfd = is_ours ? ::syscall(SYS_pidfd_open, hello.pid, 0u) : -1;
  if (!is_ours) return no_fork("process " + std::to_string(hello.pid) + " is no child of the host");
  Result<void> settled;
  if (pidfd < 0)
    settled = no_fork("cannot watch process " + std::to_string(hello.pid), errno);
  else
    settled = see_settled(hello.pid, spec, channel);
  if (settled) return Launched{hello.pid, static_cast<int>(pidfd)};
  ::kill(hello.pid, SIGKILL);
  reap(hello.pid);
  if (pidfd >= 0) ::close(static_cast<int>(pidfd));
  return std::unexpected(settled.error());
}

std::string Zygote::bury() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(launched_.pid), &info, WEXITED) != 0 && errno == EINTR) {
  }
  is_buried_ = true;
  const char* const name = sigabbrev_np(info.si_status);
  std::string how = info.si_code == CLD_EXITED ? "status " + std::to_string(info.si_status)
                    : name == nullptr          ? "signal " + std::to_string(info.si_status)
                                               : "SIG" + std::string(name);
  std::array<char, kComplaintBytesMax> words;
  ssize_t got = -1;
  // A request that it never read is told first, as an error.
  do got = ::recv(channel_.get(), words.data(), words.size(), MSG_DONTWAIT);
  while (got < 0 && (errno == EINTR || errno == ECONNRESET));
  if (got > 0) how.append(", ").append(words.data(), static_cast<std::size_t>(got));
  return how;
}

}  // namespace stoa::worker
