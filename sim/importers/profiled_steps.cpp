// Matches the steps of a profile to operators, and writes them out.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "berth/base/csv.h"
#include "berth/base/quantity_text.h"
#include "berth/importers/import_profile.h"

namespace berth {

namespace {

constexpr int kSignificantDigits = 6;

/// Removes biases and scales: one file has them within the operator, another as a step of its own.
Dims without_flags(Dims dims) {
    if (auto* matmul = std::get_if<MatmulDims>(&dims)) {
        matmul->bias = false;
    } else if (auto* conv = std::get_if<ConvDims>(&dims)) {
        conv->bias = false;
    } else if (const auto* rows = std::get_if<RowsDims>(&dims)) {
        RowsDims bare;
        bare.rows = rows->rows;
        bare.cols = rows->cols;
        return bare;
    }
    return dims;
}

bool makes_as_many_bytes(std::int64_t bytes, std::int64_t elements) {
    return bytes == elements || bytes == 2 * elements || bytes == 4 * elements;
}

/// Whether all that the profile states about the step agrees with the operator; anything not stated agrees.
bool is_the_work_of(const ProfiledStep& step, const Operator& op) {
    if (step.kind.value_or(op.kind) != op.kind) {
        return false;
    }
    const std::int64_t made = output_elements(op.kind, op.dims);
    const double products = in_operations(macs(op.dims));
    return step.dims                ? without_flags(*step.dims) == without_flags(op.dims)
           : step.made_elements > 0 ? step.made_elements == made
           : step.made_bytes > 0    ? makes_as_many_bytes(step.made_bytes, made)
                                    : step.macs == 0 || products == 0 || products == static_cast<double>(step.macs);
}

/// A byte count alone is not a size: too many operators have the same.
bool states_a_size(const ProfiledStep& step) { return step.dims || step.made_elements > 0; }

/// The words of a name, such as encoder, layer, 3, attention, query.
std::set<std::string> words_of(std::string_view name) {
    std::set<std::string> words;
    std::string word;
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (!word.empty()) {
            words.insert(std::exchange(word, ""));
        }
    }
    if (!word.empty()) {
        words.insert(word);
    }
    return words;
}

/// Whether one name contains all words of the other and the additional words are not numbers: `conv_1` does not match
/// `conv`.
bool one_holds_the_other(const std::set<std::string>& a, const std::set<std::string>& b) {
    std::vector<std::string> apart;
    std::ranges::set_symmetric_difference(a, b, std::back_inserter(apart));
    return (std::ranges::includes(a, b) || std::ranges::includes(b, a)) &&
           std::ranges::none_of(apart, [](const std::string& word) {
               return std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; });
           });
}

std::size_t words_in_common(const std::set<std::string>& a, const std::set<std::string>& b) {
    return static_cast<std::size_t>(
        std::ranges::count_if(a, [&b](const std::string& word) { return b.contains(word); }));
}

/// The sizes that occur in any step, in the order of the operator table.
std::vector<std::string> size_columns(const ProfileImport& import) {
    std::vector<std::string> names;
    for (const OperatorTraits& row : operator_table()) {
        const bool used = std::ranges::any_of(
            import.steps, [&row](const ProfiledStep& step) { return step.kind == row.kind && step.dims.has_value(); });
        for (const SizeField& field : used ? row.sizes : std::span<const SizeField>{}) {
            if (std::ranges::find(names, field.name) == names.end()) {
                names.emplace_back(field.name);
            }
        }
    }
    return names;
}

std::string size_cells(const ProfiledStep& step, const std::vector<std::string>& columns) {
    const auto fields = size_fields(*step.kind);
    const auto values = size_values(*step.kind, *step.dims);
    std::string cells;
    for (const std::string& column : columns) {
        const auto field = std::ranges::find(fields, column, &SizeField::name);
        cells +=
            field == fields.end() ? "," : fmt::format(",{}", values[static_cast<std::size_t>(field - fields.begin())]);
    }
    return cells;
}

/// The unmatched operator that agrees with the step and shares the most words with its name; the first of several.
std::optional<std::size_t> best_match(const ProfiledStep& step, const Graph& graph, const std::vector<bool>& taken,
                                      const std::vector<std::set<std::string>>& words) {
    const auto own = words_of(step.name);
    std::optional<std::size_t> best;
    std::size_t most = 0;
    for (std::size_t i = 0; i < graph.operators.size(); ++i) {
        const bool named = states_a_size(step) || (step.kind ? one_holds_the_other(own, words[i]) : own == words[i]);
        if (taken[i] || !named || !is_the_work_of(step, graph.operators[i])) {
            continue;
        }
        if (const std::size_t common = words_in_common(own, words[i]); !best || common > most) {
            best = i;
            most = common;
        }
    }
    return best;
}

/// Copies kind and sizes from the operator; the dtype follows from the stated bytes per element.
void take_operator(ProfiledStep& step, const Operator& op) {
    step.of_operator = op.name;
    step.kind = op.kind;
    step.dims = step.dims ? step.dims : std::optional(op.dims);
    if (step.made_bytes == 2 * output_elements(op.kind, op.dims)) {
        step.dtype = DType::kFp16;
    }
}

std::string microseconds_cell(Time time) { return number_text(in_microseconds(time), kSignificantDigits); }

}  // namespace

void leave_out(ProfileImport& import, const std::string& type, Time time) {
    const auto found = std::ranges::find(import.not_operators, type, &std::pair<std::string, Time>::first);
    if (found == import.not_operators.end()) {
        import.not_operators.emplace_back(type, time);
    } else {
        found->second += time;
    }
}

std::size_t match_operators(ProfileImport& import, const Graph& graph) {
    std::vector<bool> taken(graph.operators.size(), false);
    std::vector<std::set<std::string>> words;
    for (const Operator& op : graph.operators) {
        words.push_back(words_of(op.name));
    }
    std::size_t found = 0;
    for (ProfiledStep& step : import.steps) {
        if (const auto best = best_match(step, graph, taken, words)) {
            taken[*best] = true;
            ++found;
            take_operator(step, graph.operators[*best]);
        }
    }
    return found;
}

std::string measured_rows_csv(const ProfileImport& import, std::optional<int> cores, std::string_view source) {
    const std::vector<std::string> sizes = size_columns(import);
    std::string text = "name,operator,op,dtype,cores,cache";
    for (const std::string& size : sizes) {
        text += "," + size;
    }
    text += ",measured_us,least_us,most_us,runs,source\n";
    for (const ProfiledStep& step : import.steps) {
        if (!step.dims) {
            continue;
        }
        text += fmt::format("{},{},{},{},{},{}{},{},{},{},{},{}\n", csv_field(step.name), csv_field(step.of_operator),
                            traits(*step.kind).name, choice_name(kDTypeNames, step.dtype),
                            cores ? fmt::format("{}", *cores) : "", choice_name(kCacheStateNames, CacheState::kGraph),
                            size_cells(step, sizes), microseconds_cell(step.median), microseconds_cell(step.least),
                            microseconds_cell(step.most), step.runs, csv_field(source));
    }
    return text;
}

}  // namespace berth
