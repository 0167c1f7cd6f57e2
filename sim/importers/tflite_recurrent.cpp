// Converts recurrent operators of TensorFlow Lite: LSTM and RNN to those of ONNX, SVDF to its two products.
#include <algorithm>
#include <span>

#include "importers/tflite_writer.h"

namespace berth {

namespace {

using tflite::BuiltinOperator;

/// Input indices of an LSTM. An input that is not given is absent or -1.
constexpr std::size_t kInputWeights = 1;      ///< first of the weights of the input, forget, cell and output gate
constexpr std::size_t kRecurrentWeights = 5;  ///< first of the recurrent weights of the same gates
constexpr std::size_t kBiases = 12;
constexpr std::size_t kProjection = 16;
constexpr std::size_t kNorms = 20;
constexpr std::size_t kGates = 4;

/// Concatenates the constants of all gates; empty if none is given.
std::string_view stacked(const TfliteStep& step, std::size_t first, std::string_view suffix) {
    std::vector<std::string_view> gates;
    for (std::size_t gate = first; gate < first + kGates; ++gate) {
        if (step.given(gate)) {
            gates.push_back(step.in(gate));
        }
    }
    if (gates.empty()) {
        return "";
    }
    const std::string_view all = step.between(suffix);
    step.add("Concat", std::move(gates), all).attributes.push_back(attribute_of("axis", 0));
    return all;
}

/// Adds a recurrence over [batch, tokens, inputs] or [tokens, batch, inputs]; the output has the states in the same
/// order. `op` determines the number of gates.
void add_recurrence(const TfliteStep& step, std::string_view op, std::vector<std::string_view> inputs,
                    std::int64_t hidden, bool time_major, std::string_view output) {
    const std::string_view states = step.between("states");
    OnnxNode& node = step.add(op, std::move(inputs), states);
    node.attributes.push_back(attribute_of("hidden_size", hidden));
    node.attributes.push_back(attribute_of("layout", time_major ? 0 : 1));
    step.add("Squeeze", {states, step.constant({time_major ? 1 : 2})}, output);
}

/// LSTM over one step or a sequence. Without weights for the input gate, that gate is one minus the forget gate, so
/// there are three products, as in a GRU. Projections and norms within the recurrence have no equivalent in ONNX.
bool add_lstm(const TfliteStep& step, std::string_view input, bool time_major, std::string_view output) {
    const Shape recurrent = step.shape(kRecurrentWeights + 1);
    const bool coupled = !step.given(kInputWeights);
    if (recurrent.size() != 2 || recurrent[0] != recurrent[1] || step.given(kProjection)) {
        return false;
    }
    for (std::size_t norm = kNorms; norm < kNorms + kGates; ++norm) {
        if (step.given(norm)) {
            return false;
        }
    }
    const auto weights = stacked(step, kInputWeights, "weights");
    const auto states = stacked(step, kRecurrentWeights, "recurrent_weights");
    const auto biases = stacked(step, kBiases, "biases");
    add_recurrence(step, coupled ? "GRU" : "LSTM", {input, weights, states, biases}, recurrent[0], time_major, output);
    return true;
}

bool sequence_lstm(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_UnidirectionalSequenceLSTMOptions();
    return options != nullptr && step.shape(0).size() == 3 &&
           add_lstm(step, step.in(0), options->time_major(), step.out());
}

/// One step of a sequence; the input is [batch, inputs].
bool lstm(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_LSTMOptions();
    const std::size_t recurrent = kRecurrentWeights + 1;
    if (options == nullptr || options->kernel_type() != tflite::LSTMKernelType::FULL || step.shape(0).size() != 2 ||
        step.shape(recurrent).size() != 2) {
        return false;
    }
    const std::string_view rows = step.between("rows");
    const std::string_view row = step.between("row");
    const std::size_t before = step.writer().result().nodes.size();
    step.add("Unsqueeze", {step.in(0), step.constant({0})}, rows);
    if (!add_lstm(step, rows, true, row)) {
        step.writer().result().nodes.resize(before);
        return false;
    }
    step.add("Squeeze", {row, step.constant({0})}, step.out());
    return true;
}

bool sequence_rnn(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_SequenceRNNOptions();
    const Shape recurrent = step.shape(2);
    if (options == nullptr || step.shape(0).size() != 3 || recurrent.size() != 2) {
        return false;
    }
    add_recurrence(step, "RNN", {step.in(0), step.in(1), step.in(2), step.in(3)}, recurrent[0], options->time_major(),
                   step.out());
    return true;
}

bool rnn(const TfliteStep& step) {
    const Shape recurrent = step.shape(2);
    if (step.shape(0).size() != 2 || recurrent.size() != 2) {
        return false;
    }
    const std::string_view rows = step.between("rows");
    const std::string_view row = step.between("row");
    step.add("Unsqueeze", {step.in(0), step.constant({0})}, rows);
    add_recurrence(step, "RNN", {rows, step.in(1), step.in(2), step.in(3)}, recurrent[0], true, row);
    step.add("Squeeze", {row, step.constant({0})}, step.out());
    return true;
}

/// Filters of rank one (Nakkiran et al., Compressing deep neural networks using a rank-constrained topology, 2015):
/// each filter reduces the input to one number, then its last `memory` numbers to one; `rank` of them are summed per
/// unit.
bool svdf(const TfliteStep& step) {
    const auto* options = step.source().builtin_options_as_SVDFOptions();
    const Shape from = step.shape(0), features = step.shape(1), times = step.shape(2);
    if (options == nullptr || options->rank() < 1 || from.size() != 2 || features.size() != 2 || times.size() != 2 ||
        times[0] != features[0] || features[0] % options->rank() != 0) {
        return false;
    }
    const std::int64_t filters = features[0], memory = times[1], rank = options->rank();
    const auto projected = step.between("features"), now = step.between("now"), all = step.between("memory"),
               kernels = step.between("kernels"), filtered = step.between("times"), ranks = step.between("ranks");
    step.add("MatMul", {step.in(0), step.in(1)}, projected).attributes.push_back(attribute_of("transB", 1));
    step.add("Unsqueeze", {projected, step.constant({2})}, now);
    const std::string_view one = step.constant({1});
    std::string_view memories = now;
    if (memory > 1) {
        const auto earlier = step.between("earlier");
        // The runtime keeps the earlier numbers: they are a state, and no weights of the file.
        step.add("ConstantOfShape", {step.constant({from[0], filters, memory - 1})}, earlier);
        step.add("Concat", {earlier, now}, all).attributes.push_back(attribute_of("axis", 2));
        memories = all;
    }
    step.add("Unsqueeze", {step.in(2), one}, kernels);
    step.add("Conv", {memories, kernels}, filtered).attributes.push_back(attribute_of("group", filters));
    step.add("Reshape", {filtered, step.constant({-1, filters / rank, rank})}, ranks);
    const auto units = step.given(3) ? step.between("units") : step.out();
    OnnxNode& summed = step.add("ReduceSum", {ranks, step.constant({2})}, units);
    summed.attributes.push_back(attribute_of("keepdims", 0));
    if (step.given(3)) {
        step.add_activated("Add", {units, step.in(3)}, options->fused_activation_function());
    }
    return true;
}

constexpr TfliteRow kRecurrent[]{
    {BuiltinOperator::LSTM, lstm},
    {BuiltinOperator::RNN, rnn},
    {BuiltinOperator::SVDF, svdf},
    {BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM, sequence_lstm},
    {BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_RNN, sequence_rnn},
};

}  // namespace

std::span<const TfliteRow> tflite_recurrent_rows() { return kRecurrent; }

}  // namespace berth
