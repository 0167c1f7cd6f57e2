#include "http/timed_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <span>

namespace berth {

namespace {

using Clock = std::chrono::steady_clock;

/// Deadline of one direction of a connection, counted from the first query.
class Limit {
  public:
    [[nodiscard]] std::chrono::milliseconds left() {
        const auto now = Clock::now();
        end_ = end_.value_or(now + TimedServer::kWholeRequest);
        return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*end_ - now), std::chrono::milliseconds(0),
                          std::chrono::milliseconds(TimedServer::kPatience));
    }

  private:
    std::optional<Clock::time_point> end_;
};

template <class Call>
auto uninterrupted(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

class TimedStream : public httplib::Stream {
  public:
    explicit TimedStream(socket_t socket) : socket_(socket) {}

    [[nodiscard]] bool is_readable() const override { return !unread_.empty() || ready(POLLIN, reading_); }
    [[nodiscard]] bool is_writable() const override { return ready(POLLOUT, writing_); }
    // httplib reads headers byte by byte, hence the buffer.
    ssize_t read(char* to, std::size_t size) override {
        if (!is_readable()) {
            return -1;
        }
        if (unread_.empty()) {
            const ssize_t got = uninterrupted([this] { return ::recv(socket_, buffer_.data(), buffer_.size(), 0); });
            if (got <= 0) {
                return got;
            }
            unread_ = std::span(buffer_).first(static_cast<std::size_t>(got));
        }
        const auto given = unread_.first(std::min(size, unread_.size()));
        std::ranges::copy(given, to);
        unread_ = unread_.subspan(given.size());
        return static_cast<ssize_t>(given.size());
    }
    ssize_t write(const char* from, std::size_t size) override {
        return is_writable() ? uninterrupted([&] { return ::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT); })
                             : -1;
    }
    // Only this machine is served, and no answer depends on the client's address.
    void get_remote_ip_and_port(std::string& ip, int& port) const override { get_local_ip_and_port(ip, port); }
    void get_local_ip_and_port(std::string& ip, int& port) const override {
        ip = "127.0.0.1";
        port = 0;
    }
    [[nodiscard]] socket_t socket() const override { return socket_; }

  private:
    [[nodiscard]] bool ready(short what, Limit& limit) const {
        pollfd asked{socket_, what, 0};
        return uninterrupted([&] { return ::poll(&asked, 1, static_cast<int>(limit.left().count())); }) > 0;
    }

    socket_t socket_;
    std::array<char, 4096> buffer_{};
    std::span<const char> unread_;
    mutable Limit reading_, writing_;
};

}  // namespace

bool TimedServer::process_and_close_socket(socket_t socket) {
    TimedStream stream(socket);
    bool closed = false;
    const bool answered = process_request(stream, true, closed, nullptr);
    ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
    return answered;
}

}  // namespace berth
