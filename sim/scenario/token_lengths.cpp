// Reads token counts and condenses long lists of them.
#include "scenario/token_lengths.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <system_error>

#include "base/mapped.h"
#include "berth/base/atomic_file.h"
#include "berth/base/csv.h"
#include "scenario/find_file.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

using Histogram = std::map<std::int64_t, std::int64_t>;

/// A run of merged lengths.
struct Run {
    double share = 0;
    double tokens = 0;  // weighted by share

    void add(const TokenShare& length) {
        share += length.share;
        tokens += length.share * static_cast<double>(length.tokens);
    }
    [[nodiscard]] TokenShare mean() const { return {std::llround(tokens / share), share}; }
};

std::vector<TokenShare> shares_of(const Histogram& histogram) {
    double total = 0;
    for (const auto& [tokens, count] : histogram) {
        total += static_cast<double>(count);
    }
    std::vector<TokenShare> shares;
    for (const auto& [tokens, count] : histogram) {
        shares.push_back({tokens, static_cast<double>(count) / total});
    }
    return shares;
}

std::optional<std::vector<TokenShare>> read_range(const YamlNode& node) {
    const auto from = node.require("from", "the fewest tokens").integer(kCountRange);
    const auto to = node.require("to", "the most tokens").integer(kCountRange);
    node.reject_unknown_keys();
    if (!from || !to) {
        return std::nullopt;
    }
    if (*from > *to) {
        node.error(fmt::format("the range from {} to {} is empty", *from, *to), "from at most to");
        return std::nullopt;
    }
    std::vector<TokenShare> shares;
    const auto count = static_cast<double>(*to - *from + 1);
    for (std::int64_t tokens = *from; tokens <= *to; ++tokens) {
        shares.push_back({tokens, 1.0 / count});
    }
    return shares;
}

std::optional<fs::path> find_table(const YamlNode& file, const std::string& name) {
    std::error_code ignored;
    for (const fs::path& base : bases_at(file.where())) {
        if (fs::is_regular_file(base / name, ignored)) {
            return base / name;
        }
    }
    file.error(fmt::format("no file '{}'", name), "a CSV file, relative to this one");
    return std::nullopt;
}

bool count_lengths(const CsvTable& table, std::size_t column, Histogram& histogram, Diagnostics& diagnostics) {
    const std::size_t errors_before = diagnostics.error_count();
    for (const CsvRow& row : table.rows) {
        const CsvCell& cell = row.cells[column];
        std::int64_t tokens = 0;
        const char* last = cell.text.data() + cell.text.size();
        const auto [end, failure] = std::from_chars(cell.text.data(), last, tokens);
        if (failure != std::errc() || end != last || tokens < kCountRange.min || tokens > kCountRange.max) {
            diagnostics.error(cell.where, fmt::format("'{}' is no count of tokens", cell.text),
                              fmt::format("a whole number from {} to {}", kCountRange.min, kCountRange.max));
        } else {
            ++histogram[tokens];
        }
    }
    return diagnostics.error_count() == errors_before;
}

std::optional<std::vector<TokenShare>> lengths_in(const fs::path& path, const std::string& name,
                                                  const std::string& wanted, const SourceLocation& where,
                                                  Diagnostics& diagnostics) {
    const auto content = read_file(path, diagnostics);
    const auto table = content ? parse_csv(*content, path.string(), diagnostics) : std::nullopt;
    if (!table) {
        return std::nullopt;
    }
    const auto column = table->column(wanted);
    if (!column) {
        auto known = mapped(table->header.cells, &CsvCell::text);
        diagnostics.error(where, fmt::format("{} has no column '{}'", name, wanted), list_of(known),
                          nearest_name(wanted, known));
        return std::nullopt;
    }
    Histogram histogram;
    if (!count_lengths(*table, *column, histogram, diagnostics)) {
        return std::nullopt;
    }
    return shares_of(histogram);
}

std::optional<std::vector<TokenShare>> read_table(const YamlNode& node) {
    const YamlNode file = node.require("file", "a CSV file of lengths");
    const YamlNode column_name = node.require("column", "a column of that file");
    node.reject_unknown_keys();
    const auto name = file.text();
    const auto wanted = column_name.text();
    if (!name || !wanted) {
        return std::nullopt;
    }
    const auto path = find_table(file, *name);
    auto lengths = path ? lengths_in(*path, *name, *wanted, column_name.where(), node.diagnostics()) : std::nullopt;
    if (lengths && lengths->empty()) {
        file.error(fmt::format("{} has no rows", *name));
        return std::nullopt;
    }
    return lengths;
}

}  // namespace

std::optional<std::vector<TokenShare>> read_length_table(const fs::path& path, const std::string& column,
                                                         Diagnostics& diagnostics) {
    auto lengths = lengths_in(path, path.string(), column, SourceLocation("--column"), diagnostics);
    if (lengths && lengths->empty()) {
        diagnostics.error(SourceLocation(path.string()), "the file has no rows");
        return std::nullopt;
    }
    return lengths;
}

TokenDistribution condensed(const std::vector<TokenShare>& ascending, std::span<const std::int64_t> buckets) {
    if (ascending.size() <= kMostLengths) {
        return ascending;
    }
    constexpr double kShareOfRun = 1.0 / static_cast<double>(kMostLengths);
    const auto bucket_of = [&](const TokenShare& length) { return std::ranges::lower_bound(buckets, length.tokens); };
    TokenDistribution result;
    Run run;
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        run.add(ascending[i]);
        const bool last = i + 1 == ascending.size();
        // Half of the next length's share counts on either side of the boundary.
        if (last || bucket_of(ascending[i]) != bucket_of(ascending[i + 1]) ||
            run.share + 0.5 * ascending[i + 1].share > kShareOfRun) {
            result.push_back(run.mean());
            run = {};
        }
    }
    return result;
}

std::optional<TokenLengths> read_tokens(const YamlNode& node, std::span<const std::int64_t> buckets) {
    std::optional<std::vector<TokenShare>> shares;
    if (!node.is_map()) {
        if (const auto tokens = node.integer(kCountRange)) {
            shares = {{*tokens, 1.0}};
        }
    } else if (node.find("from") || node.find("to")) {
        shares = read_range(node);
    } else {
        shares = read_table(node);
    }
    if (!shares) {
        return std::nullopt;
    }
    return TokenLengths{condensed(*shares, buckets), shares->front().tokens, shares->back().tokens};
}

}  // namespace berth
