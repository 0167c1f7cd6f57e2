// HTTP server with a time limit per connection.
#pragma once

#include <httplib.h>

#include <chrono>

namespace berth {

/// Reads and answers one request per connection. The whole request must arrive within `kWholeRequest`, and the client
/// must accept the reply within the same time, so that a client that sends a byte a second occupies a worker no longer
/// than that. The time to compute the answer does not count. (httplib's own limits apply to each read and write.)
class TimedServer : public httplib::Server {
  public:
    static constexpr std::chrono::seconds kPatience{2};  ///< time limit for the next byte
    static constexpr std::chrono::seconds kWholeRequest{5};

  private:
    bool process_and_close_socket(socket_t socket) override;
};

}  // namespace berth
