// Converts JSON events into nodes and edges; each value is checked at its source position.
#include "placement/costed/graph_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "berth/base/choice.h"
#include "placement/costed/json_places.h"

namespace berth {

namespace {

using Json = nlohmann::json;

// Keys of the published files that placement does not use, such as another tool's grouping of the nodes.
constexpr std::array<std::string_view, 1> kUnusedKeys{"layerId"};

// Range of times, sizes and costs. The published files do not state units.
constexpr double kLeastAmount = 1e-30;
constexpr double kMostAmount = 1e18;

enum class TopField : std::uint8_t { kMemory, kAccelerators, kCpus, kNodes, kEdges };
constexpr std::array<Choice<TopField>, 5> kTopNames{{{"maxSizePerFPGA", TopField::kMemory},
                                                     {"maxFPGAs", TopField::kAccelerators},
                                                     {"maxCPUs", TopField::kCpus},
                                                     {"nodes", TopField::kNodes},
                                                     {"edges", TopField::kEdges}}};
enum class NodeField : std::uint8_t {
    kId,
    kOnAccelerator,
    kCpuTime,
    kAcceleratorTime,
    kSize,
    kName,
    kColor,
    kBackward
};
constexpr std::array<Choice<NodeField>, 8> kNodeNames{{{"id", NodeField::kId},
                                                       {"supportedOnFpga", NodeField::kOnAccelerator},
                                                       {"cpuLatency", NodeField::kCpuTime},
                                                       {"fpgaLatency", NodeField::kAcceleratorTime},
                                                       {"size", NodeField::kSize},
                                                       {"name", NodeField::kName},
                                                       {"colorClass", NodeField::kColor},
                                                       {"isBackwardNode", NodeField::kBackward}}};
constexpr std::size_t kNodeFieldsNeeded = 5;
enum class EdgeField : std::uint8_t { kSource, kDestination, kCost, kSize };
constexpr std::array<Choice<EdgeField>, 4> kEdgeNames{{{"sourceId", EdgeField::kSource},
                                                       {"destId", EdgeField::kDestination},
                                                       {"cost", EdgeField::kCost},
                                                       {"size", EdgeField::kSize}}};
constexpr std::size_t kEdgeFieldsNeeded = 3;

constexpr std::int64_t kMostDevices = 100'000;

enum class Kind : std::uint8_t { kNull, kBoolean, kNumber, kText, kObject, kArray };

/// A value as parsed; for an object or array, its start.
struct Value {
    Kind kind = Kind::kNull;
    SourceLocation where;
    double number = 0;
    std::optional<std::int64_t> integer;
    bool boolean = false;
    std::string text;
};

/// Handler of parser events. Returning false stops the parser, which happens only for invalid JSON.
class GraphEvents {
  public:
    GraphEvents(JsonPlaces& places, Diagnostics& diagnostics, GraphDocument& document)
        : places_(places), diagnostics_(diagnostics), document_(document) {}

    // Function names required by the parser's interface.
    bool null() { return value({Kind::kNull, places_.literal(), 0, {}, false, ""}); }
    bool boolean(bool is) { return value({Kind::kBoolean, places_.literal(), 0, {}, is, ""}); }
    bool number_integer(std::int64_t n) {
        return value({Kind::kNumber, places_.number(), static_cast<double>(n), n, false, ""});
    }
    bool number_unsigned(std::uint64_t n) {
        Value given{Kind::kNumber, places_.number(), static_cast<double>(n), {}, false, ""};
        if (n <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
            given.integer = static_cast<std::int64_t>(n);
        }
        return value(given);
    }
    bool number_float(double n, const std::string& /*digits*/) {
        Value given{Kind::kNumber, places_.number(), n, {}, false, ""};
        if (n == std::floor(n) && std::abs(n) < 1e15) {  // some writers give integers a decimal point
            given.integer = static_cast<std::int64_t>(n);
        }
        return value(given);
    }
    bool string(std::string& text) { return value({Kind::kText, places_.text(), 0, {}, false, text}); }
    bool binary(Json::binary_t& /*bytes*/) { return true; }
    bool start_object(std::size_t /*size*/) { return opened(Kind::kObject); }
    bool start_array(std::size_t /*size*/) { return opened(Kind::kArray); }
    bool end_object() { return closed(); }
    bool end_array() { return closed(); }
    bool key(std::string& name) {
        key_ = name;
        key_where_ = places_.text();
        return true;
    }
    bool parse_error(std::size_t /*position*/, const std::string& /*last*/, const Json::exception& failure) {
        // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ..."
        std::string what = failure.what();
        what.erase(0, what.find("] ") + 2);
        what.erase(0, what.starts_with("parse error at") ? what.find(": ") + 2 : 0);
        diagnostics_.error(places_.latest(), "no JSON: " + what);
        return false;
    }

  private:
    enum class Level : std::uint8_t { kDocument, kTop, kNodes, kNode, kEdges, kEdge, kSkipped };

    [[nodiscard]] Level level() const { return levels_.empty() ? Level::kDocument : levels_.back(); }

    bool opened(Kind kind) {
        const Level inside = entered(kind);
        if (inside == Level::kSkipped) {
            value({kind, places_.bracket(), 0, {}, false, ""});
        }
        begin(inside);
        levels_.push_back(inside);
        return true;
    }

    /// Kind of an entered object or array by its position; kSkipped if its contents are irrelevant.
    Level entered(Kind kind) {
        switch (level()) {
            case Level::kDocument:
                return kind == Kind::kObject ? Level::kTop : Level::kSkipped;
            case Level::kTop: {
                const auto field = choice_named(kTopNames, key_);
                if (kind == Kind::kArray && (field == TopField::kNodes || field == TopField::kEdges)) {
                    once(static_cast<std::size_t>(*field), top_given_);
                    return field == TopField::kNodes ? Level::kNodes : Level::kEdges;
                }
                return Level::kSkipped;
            }
            case Level::kNodes:
                return kind == Kind::kObject ? Level::kNode : Level::kSkipped;
            case Level::kEdges:
                return kind == Kind::kObject ? Level::kEdge : Level::kSkipped;
            case Level::kNode:
            case Level::kEdge:
            case Level::kSkipped:
                return Level::kSkipped;
        }
        throw std::logic_error("unknown level of a graph file");
    }

    void begin(Level inside) {
        given_ = inside == Level::kNode || inside == Level::kEdge ? 0 : given_;
        if (inside == Level::kTop) {
            document_.where = places_.bracket();
        } else if (inside == Level::kNode) {
            document_.nodes.emplace_back().where = places_.bracket();
        } else if (inside == Level::kEdge) {
            document_.edges.emplace_back().where = places_.bracket();
        }
    }

    bool closed() {
        const Level left = level();
        levels_.pop_back();
        if (left == Level::kNode) {
            missing(kNodeNames, kNodeFieldsNeeded, given_, document_.nodes.back().where, "node");
        } else if (left == Level::kEdge) {
            missing(kEdgeNames, kEdgeFieldsNeeded, given_, document_.edges.back().where, "edge");
        } else if (left == Level::kTop) {
            missing(kTopNames, kTopNames.size(), top_given_, document_.where, "graph");
        }
        return true;
    }

    template <class Names>
    void missing(const Names& names, std::size_t needed, unsigned given, const SourceLocation& where,
                 std::string_view what) {
        for (std::size_t field = 0; field < needed; ++field) {
            if ((given & (1U << field)) == 0) {
                diagnostics_.error(where, fmt::format("this {} has no key '{}'", what, names[field].name));
            }
        }
    }

    bool value(const Value& given) {
        switch (level()) {
            case Level::kDocument:
                diagnostics_.error(given.where, "this is no graph", "an object with nodes and edges");
                break;
            case Level::kTop:
                if (const auto field = known(kTopNames, top_given_)) {
                    top_value(*field, given);
                }
                break;
            case Level::kNode:
                if (const auto field = known(kNodeNames, given_)) {
                    node_value(*field, given, document_.nodes.back());
                }
                break;
            case Level::kEdge:
                if (const auto field = known(kEdgeNames, given_)) {
                    edge_value(*field, given, document_.edges.back());
                }
                break;
            case Level::kNodes:
                diagnostics_.error(given.where, "this is no node", "an object with id, cpuLatency, fpgaLatency, ...");
                break;
            case Level::kEdges:
                diagnostics_.error(given.where, "this is no edge", "an object with sourceId, destId and cost");
                break;
            case Level::kSkipped:
                break;
        }
        return true;
    }

    /// Field named by the latest key; an error for a duplicate key. The format is not ours, so unknown keys only cause
    /// a warning.
    template <class Field, std::size_t N>
    std::optional<Field> known(const std::array<Choice<Field>, N>& names, unsigned& given) {
        const auto field = choice_named(names, key_);
        if (!field) {
            warn_of_unknown_key(names);
            return std::nullopt;
        }
        once(static_cast<std::size_t>(*field), given);
        return field;
    }

    template <class Names>
    void warn_of_unknown_key(const Names& names) {
        if (std::find(kUnusedKeys.begin(), kUnusedKeys.end(), key_) != kUnusedKeys.end()) {
            return;
        }
        const std::vector<std::string> all = choice_names(names);
        const std::string suggestion = nearest_name(key_, all);
        diagnostics_.warning(key_where_, fmt::format("unknown key '{}' is not used", key_),
                             suggestion.empty() ? list_of(all) : "", suggestion);
    }

    void once(std::size_t field, unsigned& given) {
        if ((given & (1U << field)) != 0) {
            diagnostics_.error(key_where_, fmt::format("the key '{}' is given twice", key_));
        }
        given |= 1U << field;
    }

    void top_value(TopField field, const Value& given) {
        switch (field) {
            case TopField::kMemory:
                document_.accelerator_memory = amount(given);
                return;
            case TopField::kAccelerators:
                document_.accelerators = devices(given);
                return;
            case TopField::kCpus:
                document_.cpus = devices(given);
                return;
            case TopField::kNodes:
            case TopField::kEdges:
                wrong(given, "an array");
                return;
        }
    }

    void node_value(NodeField field, const Value& given, CostedNode& node) {
        switch (field) {
            case NodeField::kId:
                node.id = integer(given);
                return;
            case NodeField::kOnAccelerator:
                node.on_accelerator = boolean(given);
                return;
            case NodeField::kCpuTime:
                node.cpu_time = amount(given);
                return;
            case NodeField::kAcceleratorTime:
                node.accelerator_time = amount(given);
                return;
            case NodeField::kSize:
                node.size = amount(given);
                return;
            case NodeField::kName:
                if (given.kind != Kind::kText) {
                    wrong(given, "a text");
                }
                node.name = given.text;
                return;
            case NodeField::kColor:
                if (given.kind != Kind::kNull) {
                    node.color = integer(given);
                }
                return;
            case NodeField::kBackward:
                if (boolean(given)) {
                    diagnostics_.error(given.where, "backward nodes are not placed", "a graph of inference");
                }
                return;
        }
    }

    void edge_value(EdgeField field, const Value& given, GraphDocument::Edge& edge) {
        switch (field) {
            case EdgeField::kSource:
                edge.source = integer(given);
                return;
            case EdgeField::kDestination:
                edge.destination = integer(given);
                return;
            case EdgeField::kCost:
                edge.cost = amount(given);
                return;
            case EdgeField::kSize:
                static_cast<void>(amount(given));  // already included in the sizes of nodes
                return;
        }
    }

    void wrong(const Value& given, std::string_view expected) {
        diagnostics_.error(given.where, fmt::format("'{}' has a value of another kind", key_), std::string(expected));
    }

    double amount(const Value& given) {
        if (given.kind != Kind::kNumber) {
            wrong(given, "a number that is not negative");
            return 0;
        }
        const bool plausible = given.number >= kLeastAmount && given.number <= kMostAmount;
        if (given.number != 0 && !plausible) {
            diagnostics_.error(given.where, fmt::format("'{}' is {}", key_, given.number),
                               given.number < 0
                                   ? "a number that is not negative"
                                   : fmt::format("0, or a number from {} to {}", kLeastAmount, kMostAmount));
            return 0;
        }
        return given.number + 0.0;  // avoids a negative zero
    }

    std::int64_t integer(const Value& given) {
        if (!given.integer) {
            wrong(given, "an integer");
        }
        return given.integer.value_or(0);
    }

    std::int64_t devices(const Value& given) {
        if (!given.integer || *given.integer < 0 || *given.integer > kMostDevices) {
            wrong(given, fmt::format("an integer from 0 to {}", kMostDevices));
            return 0;
        }
        return *given.integer;
    }

    bool boolean(const Value& given) {
        const bool is_flag = given.integer && (*given.integer == 0 || *given.integer == 1);
        if (given.kind != Kind::kBoolean && !is_flag) {
            wrong(given, "true or false");
        }
        return given.kind == Kind::kBoolean ? given.boolean : given.integer == 1;
    }

    JsonPlaces& places_;
    Diagnostics& diagnostics_;
    GraphDocument& document_;
    std::vector<Level> levels_;
    std::string key_;
    SourceLocation key_where_;
    unsigned top_given_ = 0, given_ = 0;
};

}  // namespace

std::optional<GraphDocument> read_graph_document(std::string_view json, const std::string& file,
                                                 Diagnostics& diagnostics) {
    JsonPlaces places(json, file);
    GraphDocument document;
    GraphEvents events(places, diagnostics, document);
    if (!Json::sax_parse(places.begin(), places.end(), &events)) {
        return std::nullopt;
    }
    return document;
}

}  // namespace berth
