// Implements the ranks over MPI, in a separate module, so that only a job loads the MPI library.
#include <mpi.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "ranks/ranks.h"

namespace berth {

namespace {

// A request carries the text of a finished chunk, or of none at first. Its answer is a chunk, or an empty one if
// nothing is left. Each thread keeps two requests in flight, so that it need not wait for an answer; the tag is the
// thread.
constexpr int kRequests = 2;
constexpr auto kPause = std::chrono::microseconds(100);

struct Header {
    std::uint64_t number = 0, first = 0, last = 0;
};
static_assert(sizeof(Header) == 3 * sizeof(std::uint64_t));

Header header_of(const SweepChunk& chunk) { return {chunk.number, chunk.first, chunk.last}; }
SweepChunk chunk_of(const Header& header) {
    return {static_cast<std::size_t>(header.number), static_cast<std::size_t>(header.first),
            static_cast<std::size_t>(header.last)};
}

struct Seat {
    int rank = 0, thread = 0;
};

class MpiRanks : public Ranks {
  public:
    MpiRanks() {
        int level = 0;
        MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
        MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
        MPI_Comm_size(MPI_COMM_WORLD, &size_);
        if (level < MPI_THREAD_SERIALIZED) {
            throw std::runtime_error("the MPI library does not go with threads");
        }
    }
    ~MpiRanks() override { MPI_Finalize(); }
    [[noreturn]] void abort(int status) override {
        MPI_Abort(MPI_COMM_WORLD, status);
        std::abort();  // not reached
    }
    MpiRanks(const MpiRanks&) = delete;
    MpiRanks& operator=(const MpiRanks&) = delete;

    [[nodiscard]] int rank() const override { return rank_; }
    [[nodiscard]] int size() const override { return size_; }

    [[nodiscard]] std::optional<int> first_not_ready(bool ready, int threads, std::uint64_t what) override {
        using Said = std::array<std::uint64_t, 2>;
        constexpr int kWords = 2;
        const Said mine{ready ? static_cast<std::uint64_t>(threads) : 0, what};
        std::vector<Said> said(static_cast<std::size_t>(size_));
        MPI_Allgather(mine.data(), kWords, MPI_UINT64_T, said.data(), kWords, MPI_UINT64_T, MPI_COMM_WORLD);
        unasked_.assign(static_cast<std::size_t>(threads), kRequests);
        std::optional<int> first;
        for (int rank = size_; rank-- > 0;) {
            const Said& one = said[static_cast<std::size_t>(rank)];
            first = one[0] == 0 || one[1] != said[0][1] ? rank : first;
        }
        for (std::size_t rank = 1; rank < said.size(); ++rank) {
            helpers_ += static_cast<std::size_t>(said[rank][0]);
        }
        return first;
    }

    [[nodiscard]] SweepHelpers helpers() override {
        return {helpers_, [this](SweepWork& work) { hand_out(work, kRequests * helpers_); }};
    }

    [[nodiscard]] std::optional<SweepChunk> next(int thread) override {
        int& unasked = unasked_[static_cast<std::size_t>(thread)];
        for (; unasked > 0; --unasked) {
            send(Header{}, "", {0, thread});
        }
        const auto [header, text] = receive({0, thread});
        if (header.first != header.last) {
            return chunk_of(header);
        }
        receive({0, thread});  // the answer to the other request is also empty
        return std::nullopt;
    }
    void done(int thread, const SweepChunk& chunk, const std::string& text) override {
        send(header_of(chunk), text, {0, thread});
    }

  private:
    struct Message {
        Header header;
        std::string text;
    };

    // Answers every request, until `requests` of them were told that nothing is left.
    void hand_out(SweepWork& work, std::size_t requests) {
        std::deque<Seat> waiting;
        while (requests > 0) {
            bool moved = false;
            if (const auto asking = arrived({MPI_ANY_SOURCE, MPI_ANY_TAG})) {
                Message message = receive(*asking);
                if (message.header.first != message.header.last) {
                    work.done(chunk_of(message.header), std::move(message.text));
                }
                waiting.push_back(*asking);
                moved = true;
            }
            while (!waiting.empty()) {
                const auto chunk = work.next();
                if (!chunk && !work.over()) {
                    break;
                }
                send(chunk ? header_of(*chunk) : Header{}, "", waiting.front());
                requests -= chunk ? 0 : 1;
                waiting.pop_front();
                moved = true;
            }
            if (!moved) {
                std::this_thread::sleep_for(kPause);
            }
        }
    }

    std::optional<Seat> arrived(const Seat& from) {
        const std::lock_guard lock(mutex_);
        int there = 0;
        MPI_Status status;
        MPI_Iprobe(from.rank, from.thread, MPI_COMM_WORLD, &there, &status);
        return there != 0 ? std::optional(Seat{status.MPI_SOURCE, status.MPI_TAG}) : std::nullopt;
    }

    Message receive(const Seat& from) {
        while (!arrived(from)) {
            std::this_thread::sleep_for(kPause);
        }
        const std::lock_guard lock(mutex_);
        MPI_Status status;
        int size = 0;
        MPI_Probe(from.rank, from.thread, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, MPI_BYTE, &size);
        std::vector<char> bytes(static_cast<std::size_t>(size));
        MPI_Recv(bytes.data(), size, MPI_BYTE, from.rank, from.thread, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        Message message;
        std::memcpy(&message.header, bytes.data(), sizeof(Header));
        message.text.assign(bytes.begin() + sizeof(Header), bytes.end());
        return message;
    }

    void send(const Header& header, const std::string& text, const Seat& to) {
        std::string bytes(sizeof(Header), '\0');
        std::memcpy(bytes.data(), &header, sizeof(Header));
        bytes += text;
        const std::lock_guard lock(mutex_);
        MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to.rank, to.thread, MPI_COMM_WORLD);
    }

    int rank_ = 0, size_ = 1;
    std::size_t helpers_ = 0;   ///< number of threads of the other ranks
    std::vector<int> unasked_;  ///< per thread of this rank: requests that it has not sent yet
    std::mutex mutex_;          ///< allows one thread at a time in the library
};

}  // namespace

}  // namespace berth

extern "C" berth::Ranks* berth_join_ranks() { return new berth::MpiRanks; }
