// Regular expressions for quantities, with which other tools can check them.
#include <fmt/format.h>

#include <string>

#include "base/unit_table.h"
#include "berth/base/quantity_text.h"

namespace berth {

namespace {

constexpr std::string_view kSpace = "[ \\t]*";
constexpr std::string_view kDigitsPattern = "(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?";
// Requires a digit other than zero before the exponent.
constexpr std::string_view kNotZero = "(?=[0-9.]*[1-9])";

// One unit, or one unit divided by another; optional for a plain number.
std::string whole_unit_pattern(Dimension wanted) {
    std::string pattern = unit_pattern(wanted);
    for (const Dimension below : unit_dimensions()) {
        const std::string above = unit_pattern({wanted.time + below.time, wanted.byte + below.byte,
                                                wanted.operation + below.operation, wanted.energy + below.energy});
        if (!above.empty()) {
            pattern +=
                fmt::format("{}{}{}/{}{}", pattern.empty() ? "" : "|", above, kSpace, kSpace, unit_pattern(below));
        }
    }
    return fmt::format("(?:{}){}", pattern, wanted == Dimension{} ? "?" : "");
}

}  // namespace

std::string quantity_pattern(Dimension dimension, const QuantityForm& form) {
    const std::string spread_unit = whole_unit_pattern(dimension);
    const std::string unit = form.allow_unit ? spread_unit : "";
    const std::string per =
        form.per ? fmt::format("(?:[ \\t]+per[ \\t]+{})?", choice_name(kSharingNames, *form.per)) : "";
    const std::string spread = form.allow_spread ? fmt::format("(?:{0}(?:\u00b1|\\+/-|\\+-){0}\\+?{1}{0}(?:%|{2}){3})?",
                                                               kSpace, kDigitsPattern, spread_unit, per)
                                                 : "";
    return fmt::format("^{0}\\+?{1}{2}{0}{3}{4}{5}{0}$", kSpace, form.allow_zero ? "" : kNotZero, kDigitsPattern, unit,
                       per, spread);
}

std::string relative_pattern(const QuantityForm& form) {
    const std::string per =
        form.per ? fmt::format("(?:[ \\t]+per[ \\t]+{})?", choice_name(kSharingNames, *form.per)) : "";
    const std::string spread =
        form.allow_spread ? fmt::format("(?:{0}(?:\u00b1|\\+/-|\\+-){0}\\+?{1}{0}%{2})?", kSpace, kDigitsPattern, per)
                          : "";
    const std::string factor = fmt::format("(?:%|{}{}/cycle)", unit_pattern(Bytes::kDimension), kSpace);
    return fmt::format("^{0}\\+?{1}{2}{0}{5}{0} of {0}[^ \\t]+{3}{4}{0}$", kSpace, kNotZero, kDigitsPattern, per,
                       spread, factor);
}

}  // namespace berth
