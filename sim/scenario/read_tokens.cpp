// Lengths of inputs and durations, in each of the forms that a scenario may give them in.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "berth/atomic_file.h"
#include "berth/csv.h"
#include "berth/quantity_text.h"
#include "scenario/scenario_reading.h"

namespace berth {

namespace {

// A range or a table of lengths is represented by at most this many of them: enough for a smooth mean, few enough to
// cost each.
constexpr std::size_t kMostLengths = 16;

constexpr IntegerRange kCount{1, std::int64_t{1} << 40};

TokenDistribution evenly(std::int64_t from, std::int64_t to) {
    const auto count = static_cast<std::int64_t>(
        std::min(kMostLengths, static_cast<std::size_t>(to - from) + 1));
    TokenDistribution lengths;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t tokens = count == 1 ? from : from + (to - from) * i / (count - 1);
        lengths.push_back({tokens, 1.0 / static_cast<double>(count)});
    }
    return lengths;
}

// Quantiles in the middle of equal shares; equal lengths are merged.
TokenDistribution quantiles(std::vector<std::int64_t> lengths) {
    std::sort(lengths.begin(), lengths.end());
    std::map<std::int64_t, double> shares;
    const std::size_t count = std::min(kMostLengths, lengths.size());
    for (std::size_t i = 0; i < count; ++i) {
        shares[lengths[(2 * i + 1) * lengths.size() / (2 * count)]] += 1.0 / static_cast<double>(count);
    }
    TokenDistribution distribution;
    for (const auto& [tokens, share] : shares) {
        distribution.push_back({tokens, share});
    }
    return distribution;
}

std::optional<TokenDistribution> read_lengths(const YamlNode& node, const std::filesystem::path& folder) {
    const auto file = node.require("file", "a CSV file with one length per row").text();
    const auto column_name = node.require("column", "the name of the column that holds the lengths").text();
    node.reject_unknown_keys();
    if (!file || !column_name) {
        return std::nullopt;
    }
    Diagnostics& diagnostics = node.diagnostics();
    const auto text = read_file(folder / *file, diagnostics);
    const auto table = text ? parse_csv(*text, (folder / *file).string(), diagnostics) : std::nullopt;
    if (!table) {
        return std::nullopt;
    }
    const auto column = table->column(*column_name);
    if (!column) {
        diagnostics.error(table->header.where, fmt::format("there is no column '{}'", *column_name));
        return std::nullopt;
    }
    std::vector<std::int64_t> lengths;
    for (const CsvRow& row : table->rows) {
        const CsvCell& cell = row.cells[*column];
        const auto number = parse_number(cell.text);
        if (!number || *number < 1 || *number != std::floor(*number)) {
            diagnostics.error(cell.where, fmt::format("'{}' is no length", cell.text), "a whole number above 0");
            continue;
        }
        lengths.push_back(static_cast<std::int64_t>(*number));
    }
    if (lengths.empty()) {
        diagnostics.error(table->header.where, "the table holds no lengths");
        return std::nullopt;
    }
    return quantiles(std::move(lengths));
}

}  // namespace

std::optional<TokenDistribution> read_tokens(const YamlNode& node, const std::filesystem::path& folder) {
    if (!node.is_map()) {
        const auto tokens = node.integer(kCount);
        return tokens ? std::optional(TokenDistribution{{*tokens, 1.0}}) : std::nullopt;
    }
    if (node.find("file")) {
        return read_lengths(node, folder);
    }
    const auto from = node.require("from", "the least number of tokens").integer(kCount);
    const auto to = node.require("to", "the largest number of tokens").integer(kCount);
    node.reject_unknown_keys();
    if (!from || !to) {
        return std::nullopt;
    }
    if (*from > *to) {
        node.error(fmt::format("the range from {} to {} is empty", *from, *to));
        return std::nullopt;
    }
    return evenly(*from, *to);
}

std::optional<Estimate<Time>> read_duration(const YamlNode& node) {
    if (node.is_map() && node.find("low")) {
        const auto low = node.require("low").quantity<Time>();
        const auto high = node.require("high", "the time that 95 % stay below").quantity<Time>();
        node.reject_unknown_keys();
        if (!low || !high) {
            return std::nullopt;
        }
        if (*low > *high) {
            node.error(fmt::format("low {} is above high {}", to_text(*low), to_text(*high)));
            return std::nullopt;
        }
        return Estimate<Time>{Time::from_si(std::sqrt(low->si() * high->si())), *low, *high};
    }
    const auto takes = node.parameter<Time>();
    return takes ? std::optional(log_normal_estimate(takes->value, takes->log_sigma())) : std::nullopt;
}

}  // namespace berth
