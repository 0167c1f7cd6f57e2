// A server of HTTP that gives each connection only so long.
#pragma once

#include <httplib.h>

#include <chrono>

namespace berth {

/// Reads one request of a connection and answers it. The request has to be there in `kWholeRequest` and the reply to be
/// taken in as long, so that a client that sends a byte a second holds a worker no longer than that; the time that the
/// answer itself takes does not count. (The library's own limits are of each read and write.)
class TimedServer : public httplib::Server {
  public:
    static constexpr std::chrono::seconds kPatience{2};  ///< for the next byte
    static constexpr std::chrono::seconds kWholeRequest{5};

  private:
    bool process_and_close_socket(socket_t socket) override;
};

}  // namespace berth
