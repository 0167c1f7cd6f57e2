// Numbers given relative to others: `sustained: 83% of bandwidth`, `bandwidth: 16 B/cycle of clock`. The other number
// is searched for beside the share first, then in the enclosing maps up to the document's root.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/yaml_tree.h"
#include "berth/base/quantity_text.h"
#include "berth/base/yaml_reader.h"

namespace berth {

namespace {

constexpr std::string_view kValueStep = ".value";

std::string_view without_last_step(std::string_view path) {
    const auto dot = path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

/// The scalar that holds a number: the node itself, or the `value` of a map.
const YamlValue* number_scalar(const YamlPointer& node) {
    if (node && node->kind == YamlKind::kScalar) {
        return node.get();
    }
    const YamlMember* value = node && node->kind == YamlKind::kMap ? node->member("value") : nullptr;
    return value != nullptr && value->value->kind == YamlKind::kScalar ? value->value.get() : nullptr;
}

const std::string* written_number(const YamlPointer& node) {
    const YamlValue* scalar = number_scalar(node);
    return scalar != nullptr ? &scalar->text : nullptr;
}

// Dimension of the clock that a number of this dimension, given per cycle, is relative to.
Dimension clock_of(Dimension dimension) {
    dimension.byte -= Bytes::kDimension.byte;
    return dimension;
}

/// Resolves shares of shares down to an absolute number.
class BaseNumber {
  public:
    BaseNumber(const YamlPointer& root, Dimension dimension) : root_(root), dimension_(dimension) {}

    /// SI value of the number called `base`, searched for from the number at `path`.
    std::variant<double, QuantityError> value_of(std::string_view base, const std::string& path) {
        chain_.push_back(path);
        const std::string found = path_of(base, path);
        const std::string* written = written_number(found_at(root_, found));
        if (written == nullptr) {
            return unknown(base, path);
        }
        if (std::ranges::find(chain_, found) != chain_.end()) {
            return QuantityError{fmt::format("a share of itself: {} -> {}", fmt::join(chain_, " -> "), found),
                                 "a share of a number that stands for itself", ""};
        }
        if (chain_.size() == 1) {
            base_ = found;
        }
        const auto relative = parse_relative(*written);
        if (!relative) {
            return own_value(*written, found);
        }
        const auto* share = std::get_if<RelativeText>(&*relative);
        if (share == nullptr) {
            return QuantityError{fmt::format("'{}' cannot be read", found), "", ""};
        }
        if (share->per_cycle) {
            dimension_ = clock_of(dimension_);
        }
        auto further = value_of(share->base, found);
        const auto* value = std::get_if<double>(&further);
        return value != nullptr ? std::variant<double, QuantityError>(share->share * *value) : further;
    }

    /// Path of the number that the first share refers to directly.
    [[nodiscard]] const std::string& base() const { return base_; }
    /// The number with a wrong dimension, if that is the error.
    [[nodiscard]] const YamlValue* misfit() const { return misfit_; }

  private:
    [[nodiscard]] std::string path_of(std::string_view base, std::string_view path) const {
        for (std::string_view scope = without_last_step(path);; scope = without_last_step(scope)) {
            const std::string tried = scope.empty() ? std::string(base) : fmt::format("{}.{}", scope, base);
            if (found_at(root_, tried) || scope.empty()) {
                return named_path(root_, tried);
            }
        }
    }

    std::variant<double, QuantityError> own_value(const std::string& written, const std::string& path) {
        const auto parsed = parse_quantity(written);
        const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
        if (quantity != nullptr && quantity->dimension == dimension_ && quantity->value > 0) {
            return quantity->value;
        }
        misfit_ = number_scalar(found_at(root_, path));
        const std::string found = quantity == nullptr                 ? fmt::format("'{}'", written)
                                  : quantity->dimension == dimension_ ? "not above zero"
                                                                      : dimension_name(quantity->dimension);
        return QuantityError{fmt::format("{} is {}, not {}", path, found, dimension_name(dimension_)),
                             "a share of " + dimension_name(dimension_), ""};
    }

    // Suggests possible numbers; those in the same map by their keys alone.
    [[nodiscard]] QuantityError unknown(std::string_view base, const std::string& path) const {
        std::vector<std::string> beside;
        if (const YamlPointer map = found_at(root_, without_last_step(path))) {
            for (const YamlMember& member : map->members) {
                add_number(member.value, member.key, path, beside);
            }
        }
        std::vector<std::string> anywhere;
        collect(root_, "", path, anywhere);
        const std::string near = nearest_name(base, beside);
        return {fmt::format("no number is called '{}' here", base),
                "the path of another number, such as 83% of bandwidth",
                near.empty() ? suggested_names(base, anywhere) : near};
    }

    void add_number(const YamlPointer& node, const std::string& name, std::string_view self,
                    std::vector<std::string>& names) const {
        const std::string* written = written_number(node);
        if (written == nullptr || self.ends_with(name)) {
            return;
        }
        const auto parsed = parse_quantity(*written);
        const auto* quantity = std::get_if<ParsedQuantity>(&parsed);
        if (quantity != nullptr ? quantity->dimension == dimension_ : parse_relative(*written).has_value()) {
            names.push_back(name);
        }
    }

    void collect(const YamlPointer& node, const std::string& path, std::string_view self,
                 std::vector<std::string>& names) const {
        add_number(node, path, self, names);
        const auto below = [&path](const std::string& step) { return path.empty() ? step : path + "." + step; };
        for (const YamlMember& member : node->members) {
            collect(member.value, below(member.key), self, names);
        }
        for (std::size_t i = 0; i < node->items.size(); ++i) {
            const std::string name = item_name(*node->items[i]);
            collect(node->items[i], below(name.empty() ? fmt::format("{}", i) : name), self, names);
        }
    }

    const YamlPointer& root_;
    Dimension dimension_;
    std::vector<std::string> chain_;
    std::string base_;
    const YamlValue* misfit_ = nullptr;
};

// Path of the number: that of the node, or of the map whose `value` it is.
std::string number_path(const YamlPointer& root, std::string_view path) {
    const bool value = path.ends_with(kValueStep);
    return named_path(root, value ? path.substr(0, path.size() - kValueStep.size()) : path);
}

}  // namespace

std::optional<Parameter<double>> YamlNode::read_relative(const RelativeText& written, Dimension dimension) const {
    const std::string path = number_path(state_->root, path_);
    BaseNumber base(state_->root, written.per_cycle ? clock_of(dimension) : dimension);
    const auto found = base.value_of(written.base, path);
    if (const auto* failure = std::get_if<QuantityError>(&found)) {
        if (const YamlValue* misfit = base.misfit()) {
            state_->misfits.push_back(
                {where_, fmt::format("{}: {}", path, failure->message), failure->expected, misfit->where});
            return std::nullopt;
        }
        error(failure->message, failure->expected, failure->suggestion);
        return std::nullopt;
    }
    Parameter<double> result;
    result.value = written.share * std::get<double>(found);
    if (!plausible_range(dimension).holds(result.value)) {
        error(fmt::format("'{}' comes to {}, which is out of range", value_->text,
                          quantity_text(result.value, dimension)),
              "a value " + range_text(dimension));
        return std::nullopt;
    }
    if (std::ranges::find(state_->relative, path, &RelativeNumber::path) == state_->relative.end()) {
        state_->relative.push_back({path, base.base(), written.share, written.per_cycle});
    }
    result.spread = written.spread.value_or(0);
    result.per = written.per;
    result.where = where_;
    return result;
}

void complain_of_misfits(YamlReadState& state) {
    const auto complaints = state.diagnostics->all();
    for (const MisfitShare& one : state.misfits) {
        const bool known =
            std::ranges::any_of(complaints, [&one](const Diagnostic& each) { return each.where == one.base; });
        if (!known) {
            state.diagnostics->error(one.where, one.message, one.expected);
        }
    }
    state.misfits.clear();
}

const std::vector<RelativeNumber>& YamlNode::relative_numbers() const { return state_->relative; }

const RelativeNumber* YamlNode::relative() const {
    const std::string path = number_path(state_->root, path_);
    const auto found = std::ranges::find(state_->relative, path, &RelativeNumber::path);
    return found != state_->relative.end() ? &*found : nullptr;
}

}  // namespace berth
