// Reads the messages of onnx.proto that shapes depend on.
#include "importers/onnx_file.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <boost/interprocess/mapped_region.hpp>
#include <string>
#include <utility>

#include "importers/mapped_file.h"
#include "importers/onnx_tensor_values.h"
#include "importers/wire_reader.h"

namespace berth {

namespace {

/// Limit on nested bodies; exporters need three or four.
constexpr int kDeepest = 32;

/// Clamps a number. Slices end at the largest number there is, but no tensor does, and sums of bounded numbers do not
/// overflow.
std::int64_t bounded(std::int64_t number) { return std::clamp(number, -kLargestSize, kLargestSize); }

/// Releases the pages within weights, which are never read. For each page that is read, the system maps up to some
/// megabytes of its neighbours.
void give_back(std::string_view weights) {
    const auto page = static_cast<std::uintptr_t>(boost::interprocess::mapped_region::get_page_size());
    const auto start = reinterpret_cast<std::uintptr_t>(weights.data());
    const std::uintptr_t first = (start + page - 1) / page * page;
    const std::uintptr_t last = (start + weights.size()) / page * page;
    if (first < last) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): page bounds are numbers
        static_cast<void>(::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED));
    }
}

/// What a file that is no ONNX model looks like; empty if like nothing else.
std::string other_kind_of(std::string_view bytes) {
    using Start = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Start, 4> kStarts{{
        {"\x1f\x8b", "it is compressed by gzip: unpack it first"},
        {"PK\x03\x04", "it is a zip archive, such as a checkpoint of PyTorch: export the model to ONNX"},
        {"<!doctype html", "it is a web page instead of the download: fetch the file itself"},
        {"<html", "it is a web page instead of the download: fetch the file itself"},
    }};
    const std::size_t text = bytes.find_first_not_of(" \t\r\n");
    const std::string start = lower_case(bytes.substr(text == std::string_view::npos ? 0 : text, 16));
    for (const auto& [beginning, said] : kStarts) {
        if (bytes.starts_with(beginning) || start.starts_with(beginning)) {
            return std::string(said);
        }
    }
    return "";
}

/// Reads one message after another, and stops at the first invalid one.
class OnnxReader {
  public:
    /// `mapped`: the bytes are a mapped file, whose pages may be released.
    OnnxReader(std::string_view bytes, const std::string& name, bool mapped, Diagnostics& diagnostics)
        : bytes_(bytes), name_(name), mapped_(mapped), diagnostics_(diagnostics) {}

    std::optional<OnnxFile> read() {
        if (is_lfs_pointer(bytes_, name_, diagnostics_)) {
            return std::nullopt;
        }
        if (const std::string other = other_kind_of(bytes_); !other.empty()) {
            return refuse(other, "an ONNX model");
        }
        OnnxFile file;
        bool has_graph = false;
        each_field(bytes_, [&](const WireField& field) {
            if (field.number == 7 && field.has_bytes) {
                has_graph = true;
                read_graph(field.bytes, file.graph);
            } else if (field.number == 25 && field.has_bytes) {
                file.functions.push_back(read_function(field.bytes));
            }
        });
        if (broken_at_ != nullptr) {
            const std::string place = fmt::format("broken at byte {} of {}", broken_at_ - bytes_.data(), bytes_.size());
            return missing_ == 0 ? refuse(place, "a whole ONNX model")
                                 : refuse(fmt::format("{}: what begins before it goes on for {} more than there are",
                                                      place, missing_),
                                          "a whole ONNX model, such as a download that was not cut off");
        }
        if (nodes_ > kMostOnnxNodes) {
            return refuse(fmt::format("the graph has more than {} nodes", kMostOnnxNodes),
                          "a graph of operators; the largest models have some ten thousand");
        }
        if (too_deep_) {
            return refuse(fmt::format("graphs are nested more than {} deep", kDeepest), "a model that a program wrote");
        }
        if (!has_graph) {
            return refuse(bytes_.empty() ? "the file is empty" : "there is no graph in it", "an ONNX model");
        }
        put_in_order(file.graph.nodes);
        return file;
    }

  private:
    std::nullopt_t refuse(std::string problem, std::string expected) {
        diagnostics_.error(SourceLocation(name_), std::move(problem), std::move(expected));
        return std::nullopt;
    }
    [[nodiscard]] bool stopped() const { return broken_at_ != nullptr || nodes_ > kMostOnnxNodes || too_deep_; }

    template <class Visit>
    void each_field(std::string_view message, Visit&& visit) {
        WireReader reader(message);
        while (const auto field = reader.next()) {
            visit(*field);
            if (stopped()) {
                return;
            }
        }
        if (reader.broken()) {
            broken_at_ = message.data() + reader.offset();
            missing_ = message.size() == bytes_.size() ? reader.missing() : 0;
        }
    }

    void take_integers(const WireField& field, std::vector<std::int64_t>& to) {
        if (!append_integers(field, to)) {
            broken_at_ = field.bytes.data();
        }
    }

    void add_node(std::string_view message, std::vector<OnnxNode>& to) {
        if (++nodes_ <= kMostOnnxNodes) {
            to.push_back(read_node(message));
        }
    }

    void read_graph(std::string_view message, OnnxGraph& graph) {
        each_field(message, [&](const WireField& field) {
            switch (field.number) {
                case 1:
                    add_node(field.bytes, graph.nodes);
                    break;
                case 2:
                    graph.name = field.bytes;
                    break;
                case 5:
                    graph.constants.push_back(read_tensor(field.bytes));
                    break;
                case 15:
                    graph.constants.push_back(read_sparse_tensor(field.bytes));
                    break;
                case 11:
                    graph.inputs.push_back(read_value(field.bytes));
                    break;
                case 12:
                    graph.outputs.push_back(read_value(field.bytes));
                    break;
                case 13:
                    graph.values.push_back(read_value(field.bytes));
                    break;
                default:
                    break;
            }
        });
    }

    std::shared_ptr<const OnnxGraph> read_body(std::string_view message) {
        auto body = std::make_shared<OnnxGraph>();
        too_deep_ = too_deep_ || depth_ == kDeepest;
        if (!too_deep_) {
            ++depth_;
            read_graph(message, *body);
            --depth_;
        }
        return body;
    }

    OnnxFunction read_function(std::string_view message) {
        OnnxFunction function;
        each_field(message, [&](const WireField& field) {
            switch (field.number) {
                case 1:
                    function.name = field.bytes;
                    break;
                case 4:
                    function.inputs.push_back(field.bytes);
                    break;
                case 5:
                    function.outputs.push_back(field.bytes);
                    break;
                case 7:
                    add_node(field.bytes, function.nodes);
                    break;
                case 10:
                    function.domain = field.bytes;
                    break;
                case 11:
                    function.defaults.push_back(read_attribute(field.bytes));
                    break;
                default:
                    break;
            }
        });
        return function;
    }

    OnnxNode read_node(std::string_view message) {
        OnnxNode node;
        each_field(message, [&](const WireField& field) {
            switch (field.number) {
                case 1:
                    node.inputs.push_back(field.bytes);
                    break;
                case 2:
                    node.outputs.push_back(field.bytes);
                    break;
                case 3:
                    node.name = field.bytes;
                    break;
                case 4:
                    node.op = field.bytes;
                    break;
                case 5:
                    node.attributes.push_back(read_attribute(field.bytes));
                    break;
                case 7:
                    node.domain = field.bytes;
                    break;
                default:
                    break;
            }
        });
        return node;
    }

    OnnxAttribute read_attribute(std::string_view message) {
        OnnxAttribute attribute;
        each_field(message, [&](const WireField& field) {
            switch (field.number) {
                case 1:
                    attribute.name = field.bytes;
                    break;
                case 2:
                    attribute.real = field.real();
                    break;
                case 3:
                    attribute.integer = bounded(field.integer());
                    break;
                case 4:
                    attribute.text = field.bytes;
                    break;
                case 5:
                    attribute.tensor = read_tensor(field.bytes);
                    break;
                case 6:
                    attribute.graph = read_body(field.bytes);
                    break;
                case 7:
                    append_reals(field, attribute.reals);
                    break;
                case 8:
                    take_integers(field, attribute.integers);
                    std::ranges::transform(attribute.integers, attribute.integers.begin(), bounded);
                    break;
                case 21:
                    attribute.refers_to = field.bytes;
                    break;
                default:
                    break;
            }
        });
        return attribute;
    }

    OnnxTensor read_tensor(std::string_view message) {
        OnnxTensor tensor;
        OnnxTensorData data;
        each_field(message, [&](const WireField& field) {
            switch (field.number) {
                case 1:
                    take_integers(field, tensor.dims);
                    break;
                case 2:
                    tensor.type = static_cast<OnnxType>(field.integer());
                    break;
                case 4:
                    data.floats.push_back(field);
                    break;
                case 5:
                case 7:
                    data.integers.push_back(field);
                    break;
                case 8:
                    tensor.name = field.bytes;
                    break;
                case 9:
                    data.raw = field.bytes;
                    break;
                default:
                    break;
            }
        });
        if (broken_at_ == nullptr && !is_small(tensor) && mapped_) {
            give_back(data.raw);
        } else if (const WireField* broken = broken_at_ == nullptr ? take_values(tensor, data) : nullptr) {
            broken_at_ = broken->bytes.data();
        }
        return tensor;
    }

    /// Values, their places and the shape of the whole. It counts as the dense tensor that a runtime makes of it.
    OnnxTensor read_sparse_tensor(std::string_view message) {
        OnnxTensor tensor;
        std::vector<std::int64_t> dims;
        each_field(message, [&](const WireField& field) {
            if (field.number == 1) {
                tensor = read_tensor(field.bytes);
            } else if (field.number == 3) {
                take_integers(field, dims);
            }
        });
        tensor.dims = std::move(dims);
        tensor.values.reset();
        return tensor;
    }

    OnnxValue read_value(std::string_view message) {
        OnnxValue value;
        each_field(message, [&](const WireField& field) {
            if (field.number == 1) {
                value.name = field.bytes;
            } else if (field.number == 2) {
                read_type(field.bytes, value);
            }
        });
        return value;
    }

    void read_type(std::string_view message, OnnxValue& value) {
        constexpr std::uint32_t kTensor = 1;
        constexpr std::uint32_t kSequence = 4;
        each_field(message, [&](const WireField& type) {
            if (type.number == kTensor) {
                read_tensor_type(type.bytes, value);
            } else if (type.number == kSequence && !value.sequence) {  // sequences do not nest
                value.sequence = true;
                each_field(type.bytes, [&](const WireField& element) {
                    if (element.number == 1) {
                        read_type(element.bytes, value);
                    }
                });
            }
        });
    }

    void read_tensor_type(std::string_view message, OnnxValue& value) {
        each_field(message, [&](const WireField& field) {
            if (field.number == 1) {
                value.type = static_cast<OnnxType>(field.integer());
            } else if (field.number == 2) {
                value.shape.emplace();
                each_field(field.bytes, [&](const WireField& dim) {
                    if (dim.number == 1) {
                        value.shape->push_back(read_dim(dim.bytes));
                    }
                });
            }
        });
    }

    OnnxDim read_dim(std::string_view message) {
        OnnxDim dim;
        each_field(message, [&](const WireField& field) {
            if (field.number == 1) {
                dim.value = field.integer();
            } else if (field.number == 2) {
                dim.name = field.bytes;
            }
        });
        return dim;
    }

    std::string_view bytes_;
    const std::string& name_;
    bool mapped_;
    Diagnostics& diagnostics_;
    const char* broken_at_ = nullptr;
    std::uint64_t missing_ = 0;  ///< bytes missing at the end of the file
    std::size_t nodes_ = 0;      ///< nodes of the graph, its bodies and functions together
    int depth_ = 0;
    bool too_deep_ = false;
};

}  // namespace

const OnnxAttribute* OnnxNode::attribute(std::string_view wanted) const {
    const auto found = std::ranges::find(attributes, wanted, &OnnxAttribute::name);
    return found == attributes.end() ? nullptr : &*found;
}

std::int64_t OnnxNode::integer(std::string_view wanted, std::int64_t otherwise) const {
    const OnnxAttribute* found = attribute(wanted);
    return found == nullptr ? otherwise : found->integer.value_or(otherwise);
}

std::vector<std::int64_t> OnnxNode::integers(std::string_view wanted) const {
    const OnnxAttribute* found = attribute(wanted);
    return found == nullptr ? std::vector<std::int64_t>{} : found->integers;
}

std::optional<OnnxFile> read_onnx_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
    const auto mapped = map_file(path, diagnostics);
    auto file = mapped ? parse_onnx(mapped->bytes, path.string(), diagnostics, OnnxBytes::kMapped) : std::nullopt;
    if (file) {
        file->content = mapped->content;
    }
    return file;
}

std::optional<OnnxFile> parse_onnx(std::string_view bytes, const std::string& name, Diagnostics& diagnostics,
                                   OnnxBytes kept) {
    return OnnxReader(bytes, name, kept == OnnxBytes::kMapped, diagnostics).read();
}

}  // namespace berth
