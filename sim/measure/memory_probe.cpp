// Reads, writes and copies memory as fast as plain loops can.
#include <omp.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "measure/probes.h"
#include "measure/wide_loops.h"

namespace berth {

namespace {

using Word = std::uint64_t;

BERTH_WIDEST Word sum_of(const Word* data, std::size_t words) {
    Word a = 0;
    Word b = 0;
    Word c = 0;
    Word d = 0;
    const std::size_t quarter = words / 4;
    for (std::size_t i = 0; i < quarter; ++i) {
        a += data[i];
        b += data[quarter + i];
        c += data[2 * quarter + i];
        d += data[3 * quarter + i];
    }
    return a + b + c + d;
}

BERTH_WIDEST void set_all(Word* data, std::size_t words, Word value) {
    for (std::size_t i = 0; i < words; ++i) {
        data[i] = value + i;
    }
}

BERTH_WIDEST void copy_all(const Word* from, Word* to, std::size_t words) {
    for (std::size_t i = 0; i < words; ++i) {
        to[i] = from[i] + 1;  // not memcpy, whose choice of stores depends on the length
    }
}

/// One part of the memory per thread, first touched by that thread.
struct Parts {
    std::vector<std::unique_ptr<Word[]>> from, to;
    std::vector<Word> sums;
    std::size_t words = 0;
};

}  // namespace

Call memory_call(const MemoryJob& job) {
    constexpr std::size_t kApart = 8;  // words between sums, so that each thread's sum has its own cache line
    auto parts = std::make_shared<Parts>();
    const auto threads = static_cast<std::size_t>(job.threads);
    parts->words = static_cast<std::size_t>(in_bytes(job.size)) / sizeof(Word) / threads;
    parts->from.resize(threads);
    parts->to.resize(threads);
    parts->sums.resize(threads * kApart);
    const bool copies = job.access == MemoryAccess::kCopy;
#pragma omp parallel num_threads(job.threads)
    {
        const auto t = static_cast<std::size_t>(omp_get_thread_num());
        parts->from[t] = std::make_unique<Word[]>(parts->words);
        set_all(parts->from[t].get(), parts->words, t);
        if (copies) {
            parts->to[t] = std::make_unique<Word[]>(parts->words);
            set_all(parts->to[t].get(), parts->words, t);
        }
    }
    // A single thread runs without a team, because only the memory is to be measured.
    const auto share = [parts, access = job.access](std::size_t t) {
        switch (access) {
            case MemoryAccess::kRead:
                parts->sums[t * kApart] += sum_of(parts->from[t].get(), parts->words);
                return;
            case MemoryAccess::kWrite:
                set_all(parts->from[t].get(), parts->words, parts->sums[t * kApart]++);
                return;
            case MemoryAccess::kCopy:
                copy_all(parts->from[t].get(), parts->to[t].get(), parts->words);
                return;
        }
    };
    if (job.threads == 1) {
        return [share] { share(0); };
    }
    return [share, threads = job.threads] {
#pragma omp parallel num_threads(threads)
        share(static_cast<std::size_t>(omp_get_thread_num()));
    };
}

Call fork_join_call(const ForkJoinJob& job) {
    return [threads = job.threads] {
#pragma omp parallel num_threads(threads)
        asm volatile("" ::: "memory");
    };
}

}  // namespace berth
