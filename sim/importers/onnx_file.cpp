// Reads the messages of onnx.proto that shapes depend on.
#include "importers/onnx_file.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <cstring>

#include "importers/wire_reader.h"

namespace berth {

namespace ipc = boost::interprocess;

namespace {

/// Constants of up to this many elements keep their values: shapes, axes, slices, scalar factors.
constexpr std::int64_t kMostValues = 1024;

/// A node takes about a kilobyte by the time that it is an operator.
constexpr std::size_t kMostNodes = 250'000;

/// Slices end at the largest number there is; no tensor does, and sums of bounded numbers do not overflow.
std::int64_t bounded(std::int64_t number) { return std::clamp(number, -kLargestSize, kLargestSize); }

/// Around each page that is read the system maps up to some megabytes of its neighbours. Gives those back that lie
/// within weights, which nobody reads.
void give_back(std::string_view weights) {
    const auto page = static_cast<std::uintptr_t>(ipc::mapped_region::get_page_size());
    const auto start = reinterpret_cast<std::uintptr_t>(weights.data());
    const std::uintptr_t first = (start + page - 1) / page * page;
    const std::uintptr_t last = (start + weights.size()) / page * page;
    if (first < last) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): page bounds are numbers
        static_cast<void>(::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED));
    }
}

/// Reads message after message; the first broken one ends it.
class OnnxReader {
  public:
    /// `mapped`: the bytes are a mapped file, of which pages may be given back.
    OnnxReader(std::string_view bytes, const std::string& name, bool mapped, Diagnostics& diagnostics)
        : bytes_(bytes), name_(name), mapped_(mapped), diagnostics_(diagnostics) {}

    std::optional<OnnxFile> read() {
        OnnxFile file;
        bool has_graph = false;
        each_field(bytes_, [&](const WireField& field) {
            if (field.number == 7 && field.has_bytes) {
                has_graph = true;
                read_graph(field.bytes, file);
            }
        });
        if (broken_at_ != nullptr) {
            diagnostics_.error(SourceLocation(name_),
                               fmt::format("broken at byte {} of {}", broken_at_ - bytes_.data(), bytes_.size()),
                               "a whole ONNX model");
            return std::nullopt;
        }
        if (too_many_) {
            diagnostics_.error(SourceLocation(name_), fmt::format("the graph has more than {} nodes", kMostNodes),
                               "a graph of operators; the largest models have some ten thousand");
            return std::nullopt;
        }
        if (!has_graph) {
            diagnostics_.error(SourceLocation(name_), "there is no graph in it", "an ONNX model");
            return std::nullopt;
        }
        return file;
    }

  private:
    /// Where a constant may hold its elements.
    struct TensorData {
        std::string_view raw;
        std::vector<WireField> floats, integers;
    };

    template <class Visit>
    void each_field(std::string_view message, Visit&& visit) {
        WireReader reader(message);
        while (const auto field = reader.next()) {
            visit(*field);
            if (broken_at_ != nullptr || too_many_) {
                return;
            }
        }
        if (reader.broken()) {
            broken_at_ = message.data() + reader.offset();
        }
    }

    void take_integers(const WireField& field, std::vector<std::int64_t>& to) {
        if (!append_integers(field, to)) {
            broken_at_ = field.bytes.data();
        }
    }

    void read_graph(std::string_view message, OnnxFile& file) {
        each_field(message, [&](const WireField& field) {
            switch (field.number) {
                case 1:
                    too_many_ = file.nodes.size() == kMostNodes;
                    if (!too_many_) {
                        file.nodes.push_back(read_node(field.bytes));
                    }
                    break;
                case 2:
                    file.graph_name = field.bytes;
                    break;
                case 5:
                    file.constants.push_back(read_tensor(field.bytes));
                    break;
                case 11:
                    file.inputs.push_back(read_value(field.bytes));
                    break;
                case 12:
                    file.outputs.push_back(read_value(field.bytes));
                    break;
                case 13:
                    file.values.push_back(read_value(field.bytes));
                    break;
                default:
                    break;
            }
        });
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
                case 11:
                    attribute.subgraph = true;
                    break;
                case 8:
                    take_integers(field, attribute.integers);
                    std::ranges::transform(attribute.integers, attribute.integers.begin(), bounded);
                    break;
                default:
                    break;
            }
        });
        return attribute;
    }

    OnnxTensor read_tensor(std::string_view message) {
        OnnxTensor tensor;
        TensorData data;
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
        if (broken_at_ == nullptr) {
            take_values(tensor, data);
        }
        return tensor;
    }

    void take_values(OnnxTensor& tensor, const TensorData& data) {
        const std::int64_t count = small_count(tensor.dims);
        if (count < 0) {
            if (mapped_) {
                give_back(data.raw);
            }
            return;
        }
        std::vector<double> values;
        for (const WireField& field : data.floats) {
            if (field.has_bytes) {
                append_as<float>(field.bytes, values);
            } else {
                values.push_back(static_cast<double>(field.real()));
            }
        }
        std::vector<std::int64_t> whole;
        for (const WireField& field : data.integers) {
            take_integers(field, whole);
        }
        values.insert(values.end(), whole.begin(), whole.end());
        append_raw(data.raw, tensor.type, values);
        // Otherwise the data is in another file, or of a type that no shape has.
        if (static_cast<std::int64_t>(values.size()) == count) {
            tensor.values = std::move(values);
        }
    }

    /// Elements if there are few, else -1.
    static std::int64_t small_count(const std::vector<std::int64_t>& dims) {
        std::int64_t count = 1;
        for (const std::int64_t dim : dims) {
            if (dim < 0 || dim > kMostValues || count * dim > kMostValues) {
                return -1;
            }
            count *= dim;
        }
        return count;
    }

    template <class T>
    static void append_as(std::string_view raw, std::vector<double>& to) {
        for (std::size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
            T value{};
            std::memcpy(&value, raw.data() + at, sizeof(T));
            to.push_back(static_cast<double>(value));
        }
    }

    static void append_raw(std::string_view raw, OnnxType type, std::vector<double>& to) {
        static_assert(std::endian::native == std::endian::little, "raw data is little-endian");
        switch (type) {
            case OnnxType::kFloat:
                return append_as<float>(raw, to);
            case OnnxType::kDouble:
                return append_as<double>(raw, to);
            case OnnxType::kInt64:
                return append_as<std::int64_t>(raw, to);
            case OnnxType::kInt32:
                return append_as<std::int32_t>(raw, to);
            case OnnxType::kBool:
            case OnnxType::kUint8:
                return append_as<std::uint8_t>(raw, to);
            default:
                return;  // no shape and no factor that is looked at has another type
        }
    }

    OnnxValue read_value(std::string_view message) {
        OnnxValue value;
        each_field(message, [&](const WireField& field) {
            if (field.number == 1) {
                value.name = field.bytes;
            } else if (field.number == 2) {
                each_field(field.bytes, [&](const WireField& type) {
                    if (type.number == 1) {
                        read_tensor_type(type.bytes, value);
                    }
                });
            }
        });
        return value;
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
    bool too_many_ = false;
};

// Mapped, so that pages which hold weights are never touched; null where there is nothing to map.
std::shared_ptr<ipc::mapped_region> mapped(const std::filesystem::path& path) {
    const ipc::file_mapping file(path.c_str(), ipc::read_only);
    std::error_code unknown;  // of a device, for one
    if (std::filesystem::file_size(path, unknown) == 0 || unknown) {
        return nullptr;
    }
    auto region = std::make_shared<ipc::mapped_region>(file, ipc::read_only);
    // A huge page around each header that is read would map most of the weights. That it is refused does no harm.
    static_cast<void>(::madvise(region->get_address(), region->get_size(), MADV_NOHUGEPAGE));
    return region;
}

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

std::optional<OnnxFile> parse_onnx(std::string_view bytes, const std::string& name, Diagnostics& diagnostics) {
    return OnnxReader(bytes, name, false, diagnostics).read();
}

std::optional<OnnxFile> read_onnx_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
    std::shared_ptr<ipc::mapped_region> region;
    try {
        region = mapped(path);
    } catch (const ipc::interprocess_exception& failure) {
        diagnostics.error(SourceLocation(path.string()),
                          fmt::format("cannot open the file: {}", std::strerror(failure.get_native_error())));
        return std::nullopt;
    }
    const std::string_view bytes =
        region ? std::string_view(static_cast<const char*>(region->get_address()), region->get_size())
               : std::string_view();
    auto file = OnnxReader(bytes, path.string(), true, diagnostics).read();
    if (file) {
        file->content = region;
    }
    return file;
}

}  // namespace berth
