// Memory and thread probes: reading, prediction, and the profile numbers that they determine directly.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "berth/base/quantity_text.h"
#include "berth/base/statistics.h"
#include "berth/calibration/calibration.h"
#include "calibration/measured_rows.h"
#include "calibration/number_bounds.h"

namespace berth {

namespace {

/// A probe with its rate: array bytes over time.
struct Sample {
    MemoryProbe probe;
    Time time;
    [[nodiscard]] Bandwidth rate() const { return probe.size / time; }
};

std::vector<Sample> samples_in(std::span<const MeasuredSet> sets) {
    std::vector<Sample> samples;
    for (const MeasuredSet& set : sets) {
        for (const MeasuredRow& row : set.rows) {
            if (const auto* probe = std::get_if<MemoryProbe>(&row.work)) {
                samples.push_back({*probe, row.measured});
            }
        }
    }
    return samples;
}

// Median read rate of `cores` cores with arrays in a range of sizes.
std::optional<Bandwidth> read_rate(std::span<const Sample> samples, Bytes from, Bytes to, int cores) {
    std::vector<double> rates;
    for (const Sample& sample : samples) {
        const MemoryProbe& probe = sample.probe;
        if (probe.kind == ProbeKind::kRead && probe.cores == cores && probe.size >= from && probe.size <= to) {
            rates.push_back(in_bytes_per_second(sample.rate()));
        }
    }
    const auto middle = median(rates);
    return middle ? std::optional(bytes_per_second(*middle)) : std::nullopt;
}

// Largest measured number of cores. Thread counts double from row to row, so four is the largest for six cores.
int most_cores(std::span<const Sample> samples) {
    int most = 1;
    for (const Sample& sample : samples) {
        most = std::max(most, sample.probe.cores);
    }
    return most;
}

// Effective capacity of a level: array size at which the read rate of one core is half way, in the logarithm, between
// the level's rate and the memory's. Other programs occupy part of a shared cache.
std::optional<Bytes> effective_capacity(std::span<const Sample> samples, Bandwidth level, Bandwidth memory) {
    const double half = std::sqrt(in_bytes_per_second(level) * in_bytes_per_second(memory));
    std::vector<Sample> reads;
    std::ranges::copy_if(samples, std::back_inserter(reads), [](const Sample& sample) {
        return sample.probe.kind == ProbeKind::kRead && sample.probe.cores == 1;
    });
    std::ranges::sort(reads, {}, [](const Sample& sample) { return in_bytes(sample.probe.size); });
    for (std::size_t i = 1; i < reads.size(); ++i) {
        const double before = in_bytes_per_second(reads[i - 1].rate());
        const double after = in_bytes_per_second(reads[i].rate());
        if (before >= half && after < half) {
            const double share = std::log(before / half) / std::log(before / after);
            const double from = in_bytes(reads[i - 1].probe.size);
            return bytes(from * std::pow(in_bytes(reads[i].probe.size) / from, share));
        }
    }
    return std::nullopt;
}

/// Sets measured numbers in the profile and records them.
class Figures {
  public:
    Figures(Profile& profile, std::vector<FittedParameter>& noted, const std::vector<std::string>& kept)
        : views_(parameters(profile)), noted_(noted), kept_(kept) {}

    template <class Q>
    void set(const std::string& path, Parameter<Q>& parameter, Q measured, double spread) {
        if (std::ranges::find(kept_, path) != kept_.end()) {
            return;
        }
        const Q value =
            QuantityTraits<Q>::from_si(as_written(QuantityTraits<Q>::si(measured), QuantityTraits<Q>::kDimension));
        const double before = QuantityTraits<Q>::si(parameter.value);
        noted_.push_back({path, QuantityTraits<Q>::kDimension, before, parameter.spread, QuantityTraits<Q>::si(value),
                          spread, true});
        // Set through the view, so that all clusters that inherit the number get it.
        const auto view = std::ranges::find(views_, path, &ParameterView::path);
        if (view != views_.end()) {
            noted_.back().base = view->base;
            noted_.back().share = view->share;
            noted_.back().per_cycle = view->per_cycle;
            view->set(QuantityTraits<Q>::si(value));
        }
        parameter.spread = spread;
        parameter.origin = Origin::kMeasured;
    }

  private:
    std::vector<ParameterView> views_;
    std::vector<FittedParameter>& noted_;
    const std::vector<std::string>& kept_;
};

constexpr double kSpread = 0.1;  // kernels may achieve less than probe loops, or more

void set_levels(Device& device, std::span<const Sample> samples, Figures& figures) {
    const std::string path = "devices." + device.name;
    constexpr Bytes kEndless = Bytes::from_si(std::numeric_limits<double>::max());
    const Bytes last = device.memories.empty() ? Bytes{} : device.memories.back().capacity.value;
    const auto memory = read_rate(samples, last * 4.0, kEndless, 1);
    const auto together = read_rate(samples, last * 4.0, kEndless, most_cores(samples));
    Bytes inner;
    for (MemoryLevel& level : device.memories) {
        const auto rate = read_rate(samples, inner * 2.0, level.capacity.value * 0.5, 1);
        const std::string own = fmt::format("{}.memories.{}", path, level.name);
        inner = level.capacity.value;
        if (!level.keeps_tensors || !level.bandwidth || !rate) {
            continue;
        }
        figures.set(own + ".bandwidth", *level.bandwidth, *rate, kSpread);
        const bool shared = level.share == MemoryShare::kDevice && &level == &device.memories.back();
        const auto capacity = shared && memory ? effective_capacity(samples, *rate, *memory) : std::nullopt;
        if (capacity) {
            figures.set(
                own + ".capacity", level.capacity,
                std::clamp(*capacity, largest_tile(device), std::max(largest_tile(device), level.capacity.value)), 0.2);
        }
    }
    if (memory && device.clusters.size() == 1) {
        figures.set(path + ".dma.bandwidth", device.clusters.front().bandwidth, *memory, kSpread);
    }
    if (together && memory) {
        figures.set(path + ".dma.limit", device.dram_limit, std::max(*together, *memory), kSpread);
    }
}

}  // namespace

void read_memory_rows(const MeasuredTable& table, const RowSource& source, MeasuredSet& set) {
    for (const CsvRow& row : table.rows()) {
        const auto kind = choice_named(kProbeKindNames, table.text(row, "access"));
        if (!kind) {
            table.error(row, "access", fmt::format("unknown probe '{}'", table.text(row, "access")),
                        "read, write, copy or fork_join");
            continue;
        }
        MemoryProbe probe{*kind, {}, static_cast<int>(table.count(row, "cores"))};
        if (*kind != ProbeKind::kForkJoin) {
            probe.size = bytes(static_cast<double>(table.count(row, "bytes")));
        }
        MeasuredRow measured;
        measured.op_class = choice_name(kProbeKindNames, *kind);
        measured.name = *kind == ProbeKind::kForkJoin
                            ? fmt::format("fork and join, {} cores", probe.cores)
                            : fmt::format("{} {}, {} core{}", measured.op_class, to_text(probe.size), probe.cores,
                                          probe.cores == 1 ? "" : "s");
        measured.device = source.device;
        measured.measured = table.microseconds_in(row, "measured_us");
        measured.work = probe;
        measured.noise = table.noise(row);
        set.rows.push_back(std::move(measured));
    }
}

Time probe_time(const MemoryProbe& probe, const Device& device) {
    const Time woken = probe.cores > 1 ? device.runtime.fork_join.value : Time{};
    if (probe.kind == ProbeKind::kForkJoin) {
        return woken;
    }
    const bool copies = probe.kind == ProbeKind::kCopy;
    const Bytes used = copies ? probe.size * 2.0 : probe.size;
    const MemoryLevel* level = level_holding(used, device, probe.cores);
    if (level != nullptr && used <= capacity_of(*level, probe.cores)) {
        return woken + used / (level->bandwidth->value * static_cast<double>(probe.cores));
    }
    const CoreRates rates = core_rates(device, {probe.cores, std::nullopt}, DType::kFp32);
    const double written = probe.kind == ProbeKind::kRead ? 0.0 : device.dma.write_cost.value;
    const double read = probe.kind == ProbeKind::kWrite ? 0.0 : 1.0;
    return woken + probe.size * (read + written) / rates.dram;
}

std::vector<FittedParameter> apply_memory_probes(Profile& profile, std::span<const MeasuredSet> sets,
                                                 const std::vector<std::string>& kept) {
    std::vector<FittedParameter> noted;
    const auto samples = samples_in(sets);
    for (const MeasuredSet& set : sets) {
        if (set.form != RowForm::kMemory || set.rows.empty() || samples.empty()) {
            continue;
        }
        Device& device = profile.devices[static_cast<std::size_t>(set.rows.front().device)];
        Figures figures(profile, noted, kept);
        set_levels(device, samples, figures);
        const auto woken = std::ranges::find_if(
            samples, [](const Sample& sample) { return sample.probe.kind == ProbeKind::kForkJoin; });
        if (woken != samples.end()) {
            figures.set("devices." + device.name + ".runtime.dispatch.fork_join", device.runtime.fork_join, woken->time,
                        0.5);
        }
        break;
    }
    return noted;
}

}  // namespace berth
