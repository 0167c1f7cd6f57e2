// Chooses the shapes to measure: sizes spread evenly over their logarithms, and the shapes that encoders have.
#include <algorithm>
#include <cmath>

#include "berth/measure/measure.h"

namespace berth {

namespace {

// Radical inverse of Halton's sequence (Halton 1960): spread as evenly as possible for any number of points.
double halton(std::uint32_t index, std::uint32_t base) {
    double result = 0;
    for (double share = 1; index > 0; index /= base) {
        share /= base;
        result += share * (index % base);
    }
    return result;
}

/// Points of one family of shapes; the seed determines where in the sequence they start.
class Spread {
  public:
    explicit Spread(std::uint32_t seed) : index_(1 + 1009 * seed) {}
    void next() {
        ++index_;
        dimension_ = 0;
    }
    /// A size from `from` to `to`, evenly spread in its logarithm, as a multiple of `step`.
    std::int64_t size(double from, double to, std::int64_t step) {
        constexpr std::array<std::uint32_t, 4> kBases{2, 3, 5, 7};
        const double share = halton(index_, kBases[dimension_++ % kBases.size()]);
        const double value = from * std::pow(to / from, share);
        return std::max<std::int64_t>(1, std::llround(value / static_cast<double>(step))) * step;
    }
    [[nodiscard]] bool odd() const { return index_ % 4 == 3; }

  private:
    std::uint32_t index_;
    std::size_t dimension_ = 0;
};

struct Plan {
    std::vector<MeasureJob> jobs;
    int cores;

    void add(OperatorKind kind, const Dims& dims, DType dtype) {
        for (int threads = 1; threads <= cores; threads *= 2) {
            jobs.emplace_back(KernelJob{KernelLibrary::kOneDnn, kind, dims, dtype, threads, CacheState::kHot, false});
        }
    }
    // Adds a variant of a job that differs in one setting.
    void add_one(const KernelJob& job) { jobs.emplace_back(job); }
};

MatmulDims product(std::int64_t m, std::int64_t k, std::int64_t n) {
    MatmulDims d;
    d.m = m;
    d.k = k;
    d.n = n;
    d.bias = true;
    return d;
}

RowsDims rows_of(OperatorKind kind, std::int64_t rows, std::int64_t cols) {
    RowsDims d;
    d.rows = rows;
    d.cols = cols;
    d.inputs = kind == OperatorKind::kAdd || kind == OperatorKind::kMul ? 2 : 1;
    d.affine = kind == OperatorKind::kLayerNorm;
    return d;
}

// 1 to 512 rows, widths from 64 to 4096; a quarter of the widths are not multiples of the vector width.
MatmulDims spread_product(Spread& spread) {
    spread.next();
    const std::int64_t step = spread.odd() ? 1 : 16;
    const std::int64_t m = spread.size(1, 512, 1);
    const std::int64_t k = spread.size(64, 4096, step);
    const std::int64_t n = spread.size(64, 4096, step);
    return product(m, k, n);
}

void add_products(Plan& plan, DType dtype, std::size_t count, std::uint32_t seed) {
    Spread spread(seed);
    for (std::size_t i = 0; i < count; ++i) {
        plan.add(OperatorKind::kMatmul, spread_product(spread), dtype);
    }
}

void add_encoder_products(Plan& plan, DType dtype) {
    for (const std::int64_t hidden : {384, 768}) {
        for (const std::int64_t tokens : {1, 16, 64, 122, 128, 256, 512}) {
            plan.add(OperatorKind::kMatmul, product(tokens, hidden, hidden), dtype);
            plan.add(OperatorKind::kMatmul, product(tokens, hidden, 4 * hidden), dtype);
            plan.add(OperatorKind::kMatmul, product(tokens, 4 * hidden, hidden), dtype);
        }
    }
}

void add_batched(Plan& plan, std::size_t count, std::uint32_t seed) {
    Spread spread(seed);
    for (std::size_t i = 0; i < count; ++i) {
        spread.next();
        MatmulDims d;
        d.weights = false;
        const std::int64_t length = spread.size(16, 512, 1);
        const std::int64_t head = spread.size(32, 128, 16);
        d.batch = spread.size(4, 16, 1);
        d.m = length;
        d.k = i % 2 == 0 ? head : length;
        d.n = i % 2 == 0 ? length : head;
        plan.add(OperatorKind::kMatmul, d, DType::kFp32);
    }
}

void add_attention(Plan& plan, const std::vector<std::int64_t>& lengths) {
    for (const std::int64_t length : lengths) {
        AttentionDims d;
        d.heads = 12;
        d.kv_heads = 12;
        d.seq = length;
        d.kv_seq = length;
        d.head_dim = length % 3 == 0 ? 64 : 32;
        plan.add(OperatorKind::kAttention, d, DType::kFp32);
        KernelJob fused{KernelLibrary::kOneDnn, OperatorKind::kAttention, d, DType::kFp32, 1, CacheState::kHot, true};
        plan.add_one(fused);
    }
}

void add_rows(Plan& plan, OperatorKind kind, std::size_t count, std::uint32_t seed) {
    Spread spread(seed + static_cast<std::uint32_t>(kind));
    for (std::size_t i = 0; i < count; ++i) {
        spread.next();
        const std::int64_t rows = spread.size(1, 6144, 1);
        const std::int64_t cols = spread.size(32, 3072, spread.odd() ? 1 : 16);
        plan.add(kind, rows_of(kind, rows, cols), DType::kFp32);
    }
}

// Adds jobs with operands that come from memory, and jobs with another library.
void add_settings(Plan& plan, std::size_t count, std::uint32_t seed) {
    Spread spread(seed + 100);
    for (std::size_t i = 0; i < count; ++i) {
        KernelJob job{KernelLibrary::kOneDnn,
                      OperatorKind::kMatmul,
                      spread_product(spread),
                      DType::kFp32,
                      1,
                      CacheState::kCold,
                      false};
        plan.add_one(job);
        job.dtype = i % 2 == 0 ? DType::kInt8 : DType::kFp32;
        job.threads = plan.cores;
        plan.add_one(job);
        if (i % 3 == 0) {
            job.library = KernelLibrary::kEigen;
            job.cache = CacheState::kHot;
            job.dtype = DType::kFp32;
            plan.add_one(job);
        }
    }
}

constexpr std::array kRowKinds{OperatorKind::kSoftmax, OperatorKind::kLayerNorm, OperatorKind::kGelu,
                               OperatorKind::kAdd,     OperatorKind::kQuantize,  OperatorKind::kMul};

}  // namespace

std::vector<MeasureJob> operator_jobs(MeasureExtent extent, std::uint32_t seed, int cores) {
    const bool full = extent == MeasureExtent::kFull;
    Plan plan{{}, cores};
    add_products(plan, DType::kFp32, full ? 48 : 10, seed);
    add_products(plan, DType::kInt8, full ? 48 : 10, seed);
    add_products(plan, DType::kBf16, full ? 16 : 4, seed);
    if (full && seed == 1) {
        add_encoder_products(plan, DType::kFp32);
        add_encoder_products(plan, DType::kInt8);
    }
    add_batched(plan, full ? 20 : 4, seed);
    add_attention(plan, full ? std::vector<std::int64_t>{64, 96, 128, 256, 384, 512} : std::vector<std::int64_t>{128});
    for (const OperatorKind kind : kRowKinds) {
        add_rows(plan, kind, full ? 16 : 4, seed);
    }
    add_settings(plan, full ? 24 : 2, seed);
    return plan.jobs;
}

std::vector<MeasureJob> memory_jobs(MeasureExtent extent, const MachineDescription& machine) {
    const double step = extent == MeasureExtent::kFull ? 2 : 4;
    double last = in_bytes(mebibytes(16));
    for (const CacheFacts& cache : machine.caches.value_or(std::vector<CacheFacts>{})) {
        last = std::max(last, in_bytes(cache.size));
    }
    const int cores = machine.cores.value_or(1);
    std::vector<MeasureJob> jobs;
    for (int threads = 1; threads <= cores; threads *= 2) {
        for (const auto& access : kMemoryAccessNames) {
            for (double size = in_bytes(kibibytes(16)); size <= 8 * last; size *= step) {
                jobs.emplace_back(MemoryJob{access.value, bytes(size), threads});
            }
        }
    }
    for (int threads = 2; threads <= cores; threads *= 2) {
        jobs.emplace_back(ForkJoinJob{threads});
    }
    return jobs;
}

std::vector<MeasureJob> model_jobs(MeasureExtent extent, std::uint32_t seed, const std::vector<Model>& models,
                                   int cores) {
    const auto lengths = extent == MeasureExtent::kFull ? std::vector<std::int64_t>{16, 64, 122, 128, 256, 384, 512}
                                                        : std::vector<std::int64_t>{32, 128};
    std::vector<MeasureJob> jobs;
    for (const Model& model : models) {
        if ((seed == 1) != (&model == &models.front())) {
            continue;
        }
        for (const DType dtype : {DType::kFp32, DType::kInt8}) {
            for (const std::int64_t tokens : lengths) {
                for (int threads = 1; threads <= cores; threads *= 2) {
                    jobs.emplace_back(EncoderJob{model, dtype, tokens, threads});
                }
            }
        }
    }
    return jobs;
}

}  // namespace berth
