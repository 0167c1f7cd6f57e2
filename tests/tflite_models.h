// Small TFLite models for tests, written as JSON of the schema and encoded by the flatbuffers library.
#pragma once

#include <flatbuffers/idl.h>
#include <flatbuffers/util.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "berth/importers/import_tflite.h"

namespace berth {

using TfliteShape = std::vector<std::int64_t>;
using TfliteNames = std::vector<std::string>;

/// The bytes of a model given as the schema's JSON.
inline std::string tflite_from_json(const std::string& json) {
    std::string schema;
    flatbuffers::LoadFile(BERTH_SOURCE_DIR "/sim/importers/tflite.fbs", false, &schema);
    flatbuffers::Parser parser;
    if (!parser.Parse(schema.c_str()) || !parser.Parse(json.c_str())) {
        throw std::runtime_error(parser.error_);
    }
    return {reinterpret_cast<const char*>(parser.builder_.GetBufferPointer()), parser.builder_.GetSize()};
}

/// Collects tensors and operators by name; a tensor that is neither an input nor an operator's result is a constant.
class TfliteModel {
  public:
    TfliteModel& tensor(const std::string& name, const TfliteShape& shape, const std::string& type = "FLOAT32",
                        const TfliteShape& signature = {}) {
        return add_tensor(name, shape, type, signature, 0);
    }
    /// Adds a constant list of integers.
    TfliteModel& numbers(const std::string& name, const std::vector<std::int32_t>& values, bool scalar = false) {
        std::vector<int> bytes;
        for (const std::int32_t value : values) {
            for (unsigned byte = 0; byte < 4; ++byte) {
                bytes.push_back(static_cast<int>((static_cast<std::uint32_t>(value) >> (8 * byte)) & 0xFFU));
            }
        }
        buffers_ += fmt::format(",{{data:[{}]}}", fmt::join(bytes, ","));
        const TfliteShape shape = scalar ? TfliteShape{} : TfliteShape{static_cast<std::int64_t>(values.size())};
        return add_tensor(name, shape, "INT32", {}, ++last_buffer_);
    }
    TfliteModel& op(const std::string& kind, const TfliteNames& inputs, const TfliteNames& outputs,
                    const std::string& options_type = "", const std::string& options = "") {
        operators_ += fmt::format("{}{{opcode_index:{},inputs:[{}],outputs:[{}]", operators_.empty() ? "" : ",",
                                  code_of(kind), indices(inputs), indices(outputs));
        if (!options_type.empty()) {
            operators_ += fmt::format(",builtin_options_type:\"{}\",builtin_options:{{{}}}", options_type, options);
        }
        operators_ += "}";
        return *this;
    }
    /// Ends the current graph; later calls refer to the next one.
    TfliteModel& graph(const TfliteNames& inputs, const TfliteNames& outputs) {
        graphs_ += fmt::format("{}{{tensors:[{}],operators:[{}],inputs:[{}],outputs:[{}]}}", graphs_.empty() ? "" : ",",
                               tensors_, operators_, indices(inputs), indices(outputs));
        tensors_.clear();
        operators_.clear();
        places_.clear();
        return *this;
    }
    TfliteModel& signature(const std::string& name, int graph) {
        signatures_ +=
            fmt::format("{}{{signature_key:\"{}\",subgraph_index:{}}}", signatures_.empty() ? "" : ",", name, graph);
        return *this;
    }
    [[nodiscard]] std::string bytes() const {
        return tflite_from_json(
            fmt::format("{{version:3,operator_codes:[{}],subgraphs:[{}],buffers:[{{}}{}],signature_defs:[{}]}}", codes_,
                        graphs_, buffers_, signatures_));
    }

  private:
    TfliteModel& add_tensor(const std::string& name, const TfliteShape& shape, const std::string& type,
                            const TfliteShape& signature, int buffer) {
        places_.emplace(name, static_cast<int>(places_.size()));
        tensors_ += fmt::format("{}{{name:\"{}\",shape:[{}],type:{},buffer:{},shape_signature:[{}]}}",
                                tensors_.empty() ? "" : ",", name, fmt::join(shape, ","), type, buffer,
                                fmt::join(signature, ","));
        return *this;
    }
    [[nodiscard]] std::string indices(const TfliteNames& names) const {
        std::vector<int> places;
        std::ranges::transform(names, std::back_inserter(places),
                               [this](const std::string& name) { return name.empty() ? -1 : places_.at(name); });
        return fmt::format("{}", fmt::join(places, ","));
    }
    /// Code of an operator kind; a name in quotes denotes a custom operator.
    int code_of(const std::string& kind) {
        const auto [found, added] = kinds_.emplace(kind, static_cast<int>(kinds_.size()));
        if (added) {
            codes_ +=
                fmt::format("{}{{{}}}", codes_.empty() ? "" : ",",
                            kind.starts_with('"') ? "builtin_code:CUSTOM,custom_code:" + kind : "builtin_code:" + kind);
        }
        return found->second;
    }

    std::string codes_, tensors_, operators_, graphs_, buffers_, signatures_;
    std::map<std::string, int> places_, kinds_;
    int last_buffer_ = 0;
};

inline NetworkImport imported_tflite(const std::string& bytes, const NetworkOptions& options = {}) {
    Diagnostics diagnostics;
    auto import = import_tflite(bytes, "m.tflite", options, diagnostics);
    if (!import) {
        throw std::runtime_error(diagnostics.text());
    }
    return std::move(*import);
}

inline std::string tflite_refusal(const std::string& bytes, const NetworkOptions& options = {}) {
    Diagnostics diagnostics;
    EXPECT_FALSE(import_tflite(bytes, "m.tflite", options, diagnostics));
    return diagnostics.text();
}

}  // namespace berth
