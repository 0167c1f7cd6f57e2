// Shape rules of operators that move, select or create data.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "importers/onnx_rule.h"

namespace berth {

namespace {

bool shape_of(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr) {
        return false;
    }
    const auto rank = static_cast<std::int64_t>(shape->size());
    const auto bound = [rank](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
    const std::int64_t start = bound(c.node().integer("start", 0));
    const std::int64_t end = std::max(start, bound(c.node().integer("end", rank)));
    c.make(0, {end - start});
    c.make_data(0, std::vector<double>(shape->begin() + start, shape->begin() + end));
    c.values[static_cast<std::size_t>(c.step.outputs[0])].type = OnnxType::kInt64;
    return true;
}

bool size_of(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr) {
        return false;
    }
    c.make(0, {});
    c.make_data(0, {static_cast<double>(elements_of(*shape))});
    return true;
}

bool constant(const RuleContext& c) {
    const OnnxNode& node = c.node();
    if (const OnnxAttribute* value = node.attribute("value"); value != nullptr && value->tensor) {
        c.make(0, value->tensor->dims);
        c.values[static_cast<std::size_t>(c.step.outputs[0])].type = value->tensor->type;
        if (value->tensor->values) {
            c.make_data(0, *value->tensor->values);
        }
        return true;
    }
    if (const OnnxAttribute* value = node.attribute("value_ints"); value != nullptr) {
        c.make(0, {static_cast<std::int64_t>(value->integers.size())});
        c.make_data(0, std::vector<double>(value->integers.begin(), value->integers.end()));
        return true;
    }
    if (const OnnxAttribute* value = node.attribute("value_floats"); value != nullptr) {
        c.make(0, {static_cast<std::int64_t>(value->reals.size())});
        c.make_data(0, value->reals);
        return true;
    }
    const OnnxAttribute* whole = node.attribute("value_int");
    const OnnxAttribute* real = node.attribute("value_float");
    if (whole != nullptr && whole->integer) {
        c.make(0, {});
        c.make_data(0, {static_cast<double>(*whole->integer)});
        return true;
    }
    if (real != nullptr && real->real) {
        c.make(0, {});
        c.make_data(0, {static_cast<double>(*real->real)});
        return true;
    }
    return false;
}

bool constant_of_shape(const RuleContext& c) {
    const auto shape = c.integers(0, "");
    if (!shape) {
        return false;
    }
    const OnnxAttribute* value = c.node().attribute("value");
    const double fill = value != nullptr && value->tensor && value->tensor->values && !value->tensor->values->empty()
                            ? value->tensor->values->front()
                            : 0;
    const std::int64_t count = elements_of(*shape);
    c.make(0, *shape);
    if (count <= 64) {
        c.make_data(0, std::vector<double>(static_cast<std::size_t>(count), fill));
    }
    return true;
}

bool range(const RuleContext& c) {
    const auto *start = c.data(0), *limit = c.data(1), *delta = c.data(2);
    if (start == nullptr || limit == nullptr || delta == nullptr || start->empty() || limit->empty() ||
        delta->empty() || delta->front() == 0) {
        return false;
    }
    const double steps = std::ceil((limit->front() - start->front()) / delta->front());
    const std::int64_t count = std::max<std::int64_t>(0, whole_number(steps));
    c.make(0, {count});
    if (count <= 64) {
        std::vector<double> data(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < data.size(); ++i) {
            data[i] = start->front() + static_cast<double>(i) * delta->front();
        }
        c.make_data(0, std::move(data));
    }
    return true;
}

bool reshape(const RuleContext& c) {
    const Shape* from = c.shape(0);
    auto to = c.integers(1, "shape");
    if (from == nullptr || !to) {
        return false;
    }
    std::int64_t known = 1;
    std::int64_t* open = nullptr;
    for (std::size_t i = 0; i < to->size(); ++i) {
        std::int64_t& size = (*to)[i];
        if (size == 0 && c.node().integer("allowzero", 0) == 0 && i < from->size()) {
            size = (*from)[i];
        }
        if (size < 0) {
            open = &size;
        } else if (__builtin_mul_overflow(known, size, &known)) {
            return false;
        }
    }
    if (open != nullptr) {
        if (known == 0 || elements_of(*from) % known != 0) {
            return false;
        }
        *open = elements_of(*from) / known;
    }
    c.make(0, std::move(*to));
    if (const auto* data = c.data(0)) {
        c.make_data(0, *data);
    }
    return true;
}

bool flatten(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr) {
        return false;
    }
    const auto rank = static_cast<std::int64_t>(shape->size());
    std::int64_t axis = c.node().integer("axis", 1);
    axis = std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
    const Shape before(shape->begin(), shape->begin() + axis);
    const Shape after(shape->begin() + axis, shape->end());
    return c.make(0, {elements_of(before), elements_of(after)});
}

bool squeeze(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr) {
        return false;
    }
    const auto axes = c.integers(1, "axes");
    if (c.in(1) != nullptr && !axes) {
        return false;
    }
    Shape result;
    for (std::size_t i = 0; i < shape->size(); ++i) {
        const bool dropped =
            axes ? std::ranges::any_of(*axes, [&](std::int64_t a) { return axis_of(a, shape->size()) == i; })
                 : (*shape)[i] == 1;
        if (!dropped) {
            result.push_back((*shape)[i]);
        }
    }
    c.make(0, std::move(result));
    if (const auto* data = c.data(0)) {
        c.make_data(0, *data);
    }
    return true;
}

bool unsqueeze(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto axes = c.integers(1, "axes");
    if (shape == nullptr || !axes) {
        return false;
    }
    const std::size_t rank = shape->size() + axes->size();
    std::vector<bool> added(rank, false);
    for (const std::int64_t axis : *axes) {
        const auto at = axis_of(axis, rank);
        if (!at) {
            return false;
        }
        added[*at] = true;
    }
    Shape result;
    std::size_t next = 0;
    for (std::size_t i = 0; i < rank; ++i) {
        result.push_back(added[i] || next == shape->size() ? 1 : (*shape)[next++]);
    }
    c.make(0, std::move(result));
    if (const auto* data = c.data(0)) {
        c.make_data(0, *data);
    }
    return true;
}

bool transpose(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    if (shape == nullptr) {
        return false;
    }
    Shape order = c.node().integers("perm");
    if (order.empty()) {
        order.resize(shape->size());
        std::iota(order.rbegin(), order.rend(), 0);
    }
    Shape result;
    for (const std::int64_t axis : order) {
        const auto at = axis_of(axis, shape->size());
        if (!at || order.size() != shape->size()) {
            return false;
        }
        result.push_back((*shape)[*at]);
    }
    const Shape from = *shape;
    c.make(0, std::move(result));
    // Transposes small tables too: exporters write the padding of each side this way.
    const auto* data = c.data(0);
    if (data != nullptr && order == Shape{1, 0} && static_cast<std::int64_t>(data->size()) == elements_of(from)) {
        std::vector<double> turned;
        for (std::size_t column = 0; column < static_cast<std::size_t>(from[1]); ++column) {
            for (std::size_t row = 0; row < static_cast<std::size_t>(from[0]); ++row) {
                turned.push_back((*data)[row * static_cast<std::size_t>(from[1]) + column]);
            }
        }
        c.make_data(0, std::move(turned));
    }
    return true;
}

/// Operator sets before 4 join along axis 1 where no axis is given.
std::int64_t joined_axis(const OnnxNode& node) { return node.integer("axis", node.op == "Concat" ? 1 : 0); }

bool concat(const RuleContext& c) {
    auto result = joined_shape(c, 0, 1);
    if (!result) {
        return false;
    }
    std::vector<double> data;
    bool all_known = result->size() == 1;
    for (std::size_t i = 0; all_known && i < c.step.inputs.size(); ++i) {
        all_known = c.data(i) != nullptr;
        if (all_known) {
            data.insert(data.end(), c.data(i)->begin(), c.data(i)->end());
        }
    }
    c.make(0, std::move(*result));
    if (all_known) {
        c.make_data(0, std::move(data));
    }
    return true;
}

bool split(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto axis = shape == nullptr ? std::nullopt : axis_of(c.node().integer("axis", 0), shape->size());
    if (!axis) {
        return false;
    }
    const auto pieces = c.integers(1, "split");
    const auto count = static_cast<std::int64_t>(c.step.outputs.size());
    const std::int64_t even = ((*shape)[*axis] + count - 1) / count;
    const auto* data = shape->size() == 1 ? c.data(0) : nullptr;
    std::size_t first = 0;  // of the data that the next piece holds
    for (std::size_t i = 0; i < c.step.outputs.size(); ++i) {
        Shape piece = *shape;
        const std::int64_t rest = (*shape)[*axis] - even * static_cast<std::int64_t>(i);
        const std::int64_t size = pieces && i < pieces->size() ? (*pieces)[i] : std::min(even, rest);
        piece[*axis] = size;
        c.make(i, std::move(piece));
        if (data != nullptr && size >= 0 && static_cast<std::size_t>(size) <= data->size() - first) {
            const auto begin = data->begin() + static_cast<std::ptrdiff_t>(first);
            c.make_data(i, std::vector<double>(begin, begin + size));
            first += static_cast<std::size_t>(size);
        }
    }
    return true;
}

bool gather(const RuleContext& c) {
    const Shape* table = c.shape(0);
    const Shape* ids = c.shape(1);
    const auto axis = table == nullptr ? std::nullopt : axis_of(c.node().integer("axis", 0), table->size());
    if (ids == nullptr || !axis) {
        return false;
    }
    Shape result(table->begin(), table->begin() + static_cast<std::ptrdiff_t>(*axis));
    result.insert(result.end(), ids->begin(), ids->end());
    result.insert(result.end(), table->begin() + static_cast<std::ptrdiff_t>(*axis) + 1, table->end());
    c.make(0, std::move(result));
    const auto *data = c.data(0), *picks = c.data(1);
    if (data != nullptr && picks != nullptr && table->size() == 1) {
        std::vector<double> kept;
        for (const double pick : *picks) {
            const auto at = axis_of(whole_number(pick), data->size());
            if (!at) {
                return false;
            }
            kept.push_back((*data)[*at]);
        }
        c.make_data(0, std::move(kept));
    }
    return true;
}

bool like_indices(const RuleContext& c) {
    const Shape* ids = c.shape(1);
    return ids != nullptr && c.make(0, *ids);
}

bool expand(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto to = c.integers(1, "");
    auto result = shape != nullptr && to ? broadcast(*shape, *to) : std::nullopt;
    return result && c.make(0, std::move(*result));
}

bool tile(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto repeats = c.integers(1, "");
    if (const auto along = c.integers(2, ""); shape != nullptr && repeats && c.in(2) != nullptr) {
        // The first operator set repeats one axis.
        const auto axis = along && along->size() == 1 ? axis_of(along->front(), shape->size()) : std::nullopt;
        if (!axis || repeats->size() != 1) {
            return false;
        }
        Shape result = *shape;
        result[*axis] = elements_of({result[*axis], repeats->front()});
        return c.make(0, std::move(result));
    }
    if (shape == nullptr || !repeats || repeats->size() != shape->size()) {
        return false;
    }
    Shape result = *shape;
    std::ranges::transform(result, *repeats, result.begin(), [](std::int64_t size, std::int64_t times) {
        return elements_of({size, times});
    });
    return c.make(0, std::move(result));
}

bool pad(const RuleContext& c) {
    const Shape* shape = c.shape(0);
    const auto pads = c.integers(1, c.node().attribute("paddings") == nullptr ? "pads" : "paddings");
    const auto axes = c.integers(3, "");
    if (shape == nullptr || !pads || (c.in(3) != nullptr && !axes)) {
        return false;
    }
    const std::size_t padded = axes ? axes->size() : shape->size();
    if (pads->size() != 2 * padded) {
        return false;
    }
    Shape result = *shape;
    for (std::size_t i = 0; i < padded; ++i) {
        const auto axis = axis_of(axes ? (*axes)[i] : static_cast<std::int64_t>(i), result.size());
        if (!axis) {
            return false;
        }
        result[*axis] += (*pads)[i] + (*pads)[i + padded];
    }
    return c.make(0, std::move(result));
}

constexpr NamedRule kLayout[]{
    {"Concat", concat},
    {"Constant", constant},
    {"ConstantOfShape", constant_of_shape},
    {"Expand", expand},
    {"Flatten", flatten},
    {"Gather", gather},
    {"Pad", pad},
    {"GatherElements", like_indices},
    {"Range", range},
    {"Reshape", reshape},
    {"Shape", shape_of},
    {"Size", size_of},
    {"Split", split},
    {"Squeeze", squeeze},
    {"Tile", tile},
    {"Transpose", transpose},
    {"Unsqueeze", unsqueeze},
};

}  // namespace

std::optional<Shape> joined_shape(const RuleContext& c, std::size_t first, std::size_t step) {
    std::optional<Shape> result;
    for (std::size_t i = first; i < c.step.inputs.size(); i += step) {
        const Shape* shape = c.shape(i);
        const auto axis = shape == nullptr ? std::nullopt : axis_of(joined_axis(c.node()), shape->size());
        if (!axis || (result && result->size() != shape->size())) {
            return std::nullopt;
        }
        if (result) {
            (*result)[*axis] += (*shape)[*axis];
        } else {
            result = *shape;
        }
    }
    return result;
}

std::span<const NamedRule> layout_rules() { return kLayout; }

}  // namespace berth
