// Names as reports print them.
#include "report/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/mapped.h"
#include "berth/base/brief_text.h"
#include "berth/base/quantity_text.h"
#include "berth/cost/cost_breakdown.h"

namespace berth {

namespace {

/// End of the first dot-separated part that consists of digits; npos if there is none.
std::size_t end_of_number(std::string_view name) {
    for (std::size_t start = 0; start < name.size();) {
        const std::size_t end = std::min(name.find('.', start), name.size());
        const std::string_view part = name.substr(start, end - start);
        if (!part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos) {
            return end;
        }
        start = end + 1;
    }
    return std::string_view::npos;
}

}  // namespace

const std::string& device_name(std::span<const std::string> devices, DeviceId id) {
    if (id < 0 || static_cast<std::size_t>(id) >= devices.size()) {
        throw std::logic_error(fmt::format("no name for device {}", id));
    }
    return devices[static_cast<std::size_t>(id)];
}

std::string_view block_of(std::string_view name) {
    const std::size_t end = end_of_number(name);
    return name.substr(0, end != std::string_view::npos ? end : name.find('.'));
}

std::string name_in_block(std::string_view name) {
    const std::size_t end = end_of_number(name);
    return std::string(end == std::string_view::npos || end >= name.size() ? name : name.substr(end + 1));
}

std::string operator_key(std::string_view stage, std::string_view name) {
    return fmt::format("{}/{}", stage, name_in_block(name));
}

std::string file_stem(std::string_view name) {
    std::string stem;
    for (const char c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain) {
            stem += c;
        } else if (!stem.ends_with('-')) {
            stem += '-';
        }
    }
    stem.erase(stem.find_last_not_of('-') + 1);
    return stem.empty() ? "picture" : stem;
}

std::string stage_placed(std::string_view stage, const Candidate& candidate) {
    return fmt::format("{}{}{}", stage, candidate.granularity <= Granularity::kPhase ? " on " : ", ",
                       placement_name(candidate));
}

std::string dims_text(const Dims& dims) {
    struct Visitor {
        std::string operator()(const MatmulDims& d) const {
            if (d.experts > 1) {
                return fmt::format("{}x{}x{}, {} of {} experts", d.batch * d.m, d.k, d.n, d.active, d.experts);
            }
            return d.batch == 1 ? fmt::format("{}x{}x{}", d.m, d.k, d.n)
                                : fmt::format("{} x {}x{}x{}", d.batch, d.m, d.k, d.n);
        }
        std::string operator()(const AttentionDims& d) const {
            return fmt::format("{} heads, {} queries, {} keys, depth {}", d.batch * d.heads, d.seq, d.kv_seq,
                               d.head_dim);
        }
        std::string operator()(const RowsDims& d) const { return fmt::format("{}x{}", d.rows, d.cols); }
        std::string operator()(const GatherDims& d) const {
            return fmt::format("{} of {} rows of {}", d.rows, d.table_rows, d.cols);
        }
        std::string operator()(const ConvDims& d) const {
            const bool deep = d.in_depth > 1 || d.kernel_depth > 1 || d.out_depth > 1;
            const auto depth = [deep](std::int64_t size) { return deep ? fmt::format("{}x", size) : std::string(); };
            return fmt::format("{}x{}{}x{} to {}x{}{}x{}, {}kernel {}{}x{}", d.in_channels, depth(d.in_depth),
                               d.in_height, d.in_width, d.out_channels, depth(d.out_depth), d.out_height, d.out_width,
                               d.transposed ? "transposed, " : "", depth(d.kernel_depth), d.kernel_height,
                               d.kernel_width);
        }
        std::string operator()(const ScanDims& d) const {
            return fmt::format("{} positions, {} channels, state {}", d.batch * d.seq, d.channels, d.state);
        }
    };
    return std::visit(Visitor{}, dims);
}

Time time_in(const Candidate& candidate, Category category) {
    const auto found = candidate.by_category.find(category);
    return found == candidate.by_category.end() ? Time{} : found->second;
}

std::string short_path(std::string_view path) {
    for (const std::string_view known : {kHardwarePrefix, std::string_view("devices."), std::string_view("memory.")}) {
        path.remove_prefix(path.starts_with(known) ? known.size() : 0);
    }
    return std::string(path);
}

std::string signed_percent_of_log(double log_change) {
    const double ratio = std::expm1(log_change);
    return fmt::format("{}{}", ratio > 0 ? "+" : "", percent_text(ratio, 2));
}

std::string requests_text(Frequency rate) {
    return fmt::format("{} requests per second", number_text(in_hertz(rate), 4));
}

Estimate<Time> step_estimate(const GenerationResult& generation) {
    return log_normal_estimate(*generation.step, generation.of_step.sigma());
}

std::string token_rate_text(Time token) { return token > Time{} ? number_text(1 / in_seconds(token), 3) : "-"; }

std::string token_rate_range(const Estimate<Time>& token) {
    return fmt::format("{}-{}", token_rate_text(token.high), token_rate_text(token.low));
}

std::string per_second_text(Frequency rate) { return number_text(with_digits(in_hertz(rate), 3), 3); }

std::string rule_text(const KernelCost& cost) {
    const FormulaPtr rule = rule_of(cost);
    return rule == nullptr ? "0" : formula_in_words(*rule);
}

Time further_time(const OperatorResult& op) {
    return sum_of<Time>(op.further,
                        [](const FurtherKernel& one) { return one.cost.total * static_cast<double>(one.count); });
}

std::string listed_pass(const Candidate& candidate) {
    if (!candidate.generation) {
        return "input";
    }
    if (const auto& chunk = candidate.listed_chunk) {
        return fmt::format("{} tokens behind {}, one of {} chunks", chunk->tokens, chunk->context, chunk->chunks);
    }
    return candidate.generation->step ? "step" : "prompt";
}

std::string rate_of_batch(const GenerationResult& generation) {
    return generation.batch > 1 && generation.step
               ? fmt::format(" in each of {} answers, {} in all", generation.batch,
                             token_rate_text(*generation.step / static_cast<double>(generation.batch)))
               : "";
}

std::string main_bound(const Candidate& candidate) {
    const std::map<Bound, Time>& under = candidate.by_bound;
    const auto all = sum_of<Time>(under, [](const auto& one) { return one.second; });
    const auto largest =
        std::max_element(under.begin(), under.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    if (largest == under.end() || all <= Time{}) {
        return "-";
    }
    return fmt::format("{} {}", choice_name(kBoundNames, largest->first), percent_text(largest->second / all, 2));
}

}  // namespace berth
