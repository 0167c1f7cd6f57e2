// Parses ranges and lists of values from the command line.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/digits.h"
#include "berth/analysis/crossover.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

/// A number with its unit as written: `256` and `KiB`.
struct Written {
    double number = 0;
    std::string unit;
    ParsedQuantity quantity;
    [[nodiscard]] double per_unit() const { return number == 0 ? 1 : quantity.value / number; }
};

class AxisReader {
  public:
    AxisReader(std::size_t most, std::string_view raised_by, Diagnostics& diagnostics)
        : most_(most), raised_by_(raised_by), diagnostics_(diagnostics) {}

    std::optional<SweepAxis> read(std::string_view text) {
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
            error(fmt::format("'{}' varies nothing", text), "PATH=FROM:TO:STEP, PATH=FROM:TO:xFACTOR or PATH=A,B,...");
            return std::nullopt;
        }
        SweepAxis axis{typed_path(text.substr(0, equals)), {}};
        const auto parts = range_parts(text.substr(equals + 1));
        const bool read = parts.size() == 1   ? read_list(parts[0], axis)
                          : parts.size() == 3 ? read_range(parts, axis)
                                              : refuse(text);
        return read ? std::optional(std::move(axis)) : std::nullopt;
    }

    std::optional<SweepRange> read_ends(std::string_view text, bool with_steps) {
        const std::size_t equals = text.find('=');
        const auto parts =
            equals == std::string_view::npos ? std::vector<std::string>{} : range_parts(text.substr(equals + 1));
        const bool steps = with_steps && parts.size() == 3;
        if ((parts.size() != 2 && !steps) || equals == 0) {
            error(fmt::format("'{}' is no range", text),
                  with_steps ? "PATH=FROM:TO or PATH=FROM:TO:STEP" : "PATH=FROM:TO");
            return std::nullopt;
        }
        const auto from = written(parts[0]);
        const auto to = written(parts[1]);
        if (!from || !to || !same_dimension(*from, *to)) {
            return std::nullopt;
        }
        SweepRange range{typed_path(text.substr(0, equals)),
                         from->number,
                         to->quantity.value / from->per_unit(),
                         from->unit,
                         false,
                         {}};
        range.whole = range.unit.empty() && std::floor(range.from) == range.from && std::floor(range.to) == range.to;
        if (!(range.from < range.to)) {
            error(fmt::format("{}: nothing lies between {} and {}", range.path, parts[0], parts[1]),
                  "the smaller one first");
            return std::nullopt;
        }
        if (steps) {
            const auto values = stepped(parts, range.path);
            range.values = values.value_or(std::vector<double>{});
            range.whole = range.whole && std::ranges::all_of(range.values, [](double v) { return std::floor(v) == v; });
            return values && values->size() > 1 ? std::optional(range) : std::nullopt;
        }
        return range;
    }

  private:
    void error(std::string message, std::string expected = "") {
        diagnostics_.error(SourceLocation("--vary"), std::move(message), std::move(expected));
    }

    bool refuse(std::string_view text) {
        error(fmt::format("'{}' is no range", text), "FROM:TO:STEP or FROM:TO:xFACTOR");
        return false;
    }

    static std::vector<std::string> split(std::string_view text, char at) {
        std::vector<std::string> parts;
        for (std::size_t start = 0; start <= text.size();) {
            const std::size_t end = std::min(text.find(at, start), text.size());
            parts.emplace_back(text.substr(start, end - start));
            start = end + 1;
        }
        return parts;
    }

    // A range may state its unit once: 20:40:5GB/s.
    static std::vector<std::string> range_parts(std::string_view text) {
        auto parts = split(text, ':');
        const auto is_number = [](const std::string& part) { return !part.empty() && unit_of(part).empty(); };
        std::set<std::string> units;
        for (const std::string& part : parts) {
            if (!part.empty() && !part.starts_with('x') && !is_number(part)) {
                units.insert(unit_of(part));
            }
        }
        for (std::string& part : parts) {
            part += units.size() == 1 && is_number(part) ? *units.begin() : "";
        }
        return parts;
    }

    bool read_list(const std::string& text, SweepAxis& axis) {
        axis.values = split(text, ',');
        if (std::ranges::find(axis.values, "") != axis.values.end()) {
            error(fmt::format("{}: '{}' has an empty value", axis.path, text));
            return false;
        }
        put_in_one_unit(axis.values);
        return fits(axis.values.size(), axis.path);
    }

    static std::string unit_of(const std::string& value) {
        return value.substr(std::min(value.find_first_not_of("+-.0123456789eE"), value.size()));
    }

    // Converts quantities of one dimension to the unit of the first, as in ranges, so that all values are compared,
    // sorted and plotted in one unit.
    static void put_in_one_unit(std::vector<std::string>& values) {
        std::vector<double> numbers;
        std::optional<Dimension> dimension;
        bool differ = false;
        for (const std::string& value : values) {
            const auto parsed = parse_quantity(value);
            const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
            if (quantity == nullptr || quantity->spread || quantity->per ||
                quantity->dimension != dimension.value_or(quantity->dimension)) {
                return;
            }
            dimension = quantity->dimension;
            numbers.push_back(quantity->value);
            differ = differ || unit_of(value) != unit_of(values.front());
        }
        const auto one = parse_quantity("1" + unit_of(values.front()));
        const auto* unit = std::get_if<ParsedQuantity>(&one);
        for (std::size_t i = 0; differ && unit != nullptr && i < values.size(); ++i) {
            values[i] = number_text(numbers[i] / unit->value, kKeptDigits) + unit_of(values.front());
        }
    }

    bool read_range(const std::vector<std::string>& parts, SweepAxis& axis) {
        const auto values = stepped(parts, axis.path);
        if (!values) {
            return false;
        }
        const auto from = written(parts[0]);
        for (const double value : *values) {
            axis.values.push_back(number_text(value, kKeptDigits) + (from ? from->unit : ""));
        }
        return true;
    }

    // Values of a range, in the unit of the first of FROM, TO, and STEP or xFACTOR.
    std::optional<std::vector<double>> stepped(const std::vector<std::string>& parts, const std::string& path) {
        const auto from = written(parts[0]);
        const auto to = written(parts[1]);
        const bool factor = parts[2].starts_with('x');
        const auto step = written(factor ? parts[2].substr(1) : parts[2]);
        if (!from || !to || !step || !same_dimension(*from, *to) || (!factor && !same_dimension(*from, *step))) {
            return std::nullopt;
        }
        const double unit = from->per_unit();
        const double end = to->quantity.value / unit;
        const double by = factor ? step->quantity.value : step->quantity.value / unit;
        const bool leads = factor
                               ? from->number > 0 && end > 0 && by > 0 && by != 1 && (by > 1) == (end >= from->number)
                               : by != 0 && (by > 0) == (end >= from->number);
        if (!leads && end != from->number) {
            error(fmt::format("{}: steps of {} do not lead from {} to {}", path, parts[2], parts[0], parts[1]),
                  factor ? "a factor such as x2" : "a step towards the end of the range");
            return std::nullopt;
        }
        const double steps = end == from->number ? 0
                             : factor            ? std::log(end / from->number) / std::log(by)
                                                 : (end - from->number) / by;
        // a step that rounding puts just past the end counts as the end
        const double count = std::floor(steps + 1e-9) + 1;
        if (!fits(count, path)) {
            return std::nullopt;
        }
        std::vector<double> values;
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            const auto n = static_cast<double>(i);
            values.push_back(factor ? from->number * std::pow(by, n) : from->number + n * by);
        }
        return values;
    }

    template <class Count>
    bool fits(Count count, const std::string& path) {
        if (static_cast<double>(count) <= static_cast<double>(most_)) {
            return true;
        }
        error(fmt::format("{} takes {} values", path, number_text(static_cast<double>(count), 6)),
              fmt::format("at most {}{}", most_, raised_by_));
        return false;
    }

    std::optional<Written> written(const std::string& text) {
        const auto parsed = parse_quantity(text);
        if (const auto* wrong = std::get_if<QuantityError>(&parsed)) {
            diagnostics_.error(SourceLocation("--vary"), wrong->message, wrong->expected, wrong->suggestion);
            return std::nullopt;
        }
        Written result;
        result.quantity = std::get<ParsedQuantity>(parsed);
        if (!plausible_range(result.quantity.dimension).holds(result.quantity.value)) {
            error(fmt::format("'{}' is out of range", text), "a value " + range_text(result.quantity.dimension));
            return std::nullopt;
        }
        const std::size_t end = std::min(text.find_first_not_of("+-.0123456789eE"), text.size());
        // An exponent belongs to the number; a unit that starts with E (exabytes) is rare enough to be excluded.
        result.number = parse_number(text.substr(0, end)).value_or(0);
        result.unit = text.substr(end);
        return result;
    }

    bool same_dimension(const Written& a, const Written& b) {
        if (a.quantity.dimension == b.quantity.dimension) {
            return true;
        }
        error(fmt::format("{} and {} do not go together", dimension_name(a.quantity.dimension),
                          dimension_name(b.quantity.dimension)),
              "one unit for the whole range");
        return false;
    }

    std::size_t most_;
    std::string_view raised_by_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::optional<SweepAxis> parse_axis(std::string_view text, std::size_t most, Diagnostics& diagnostics) {
    return AxisReader(most, "; --max-points raises it", diagnostics).read(text);
}

std::optional<SweepRange> parse_range(std::string_view text, Diagnostics& diagnostics) {
    return AxisReader(0, "", diagnostics).read_ends(text, false);
}

std::optional<SweepRange> parse_stepped_range(std::string_view text, std::size_t most, Diagnostics& diagnostics) {
    return AxisReader(most, "", diagnostics).read_ends(text, true);
}

}  // namespace berth
