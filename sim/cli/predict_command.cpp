// berth predict: latency of a model, or of single operators, on one device.
#include <fmt/format.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "cli/machine_check.h"
#include "cli/predict.h"

namespace berth {

namespace {

enum class Question : std::uint8_t { kModel, kOperator, kRows };

Question question_of(const PredictOptions& options) {
    if (!options.model.empty()) {
        return Question::kModel;
    }
    return options.op.empty() ? Question::kRows : Question::kOperator;
}

std::string_view option_of(Question question) {
    switch (question) {
        case Question::kModel:
            return "--model";
        case Question::kOperator:
            return "--op";
        case Question::kRows:
            return "--csv";
    }
    throw std::logic_error("unknown question");
}

// Options that the mode does not use are errors, so that no ignored option appears to have an effect.
void check_options(const PredictOptions& options, Question question, Diagnostics& diagnostics) {
    const bool model = question == Question::kModel;
    const bool op = question == Question::kOperator;
    const auto refuse = [&](std::string_view option, bool given, bool belongs) {
        if (given && !belongs) {
            diagnostics.error(SourceLocation(std::string(option)),
                              fmt::format("it cannot be combined with {}", option_of(question)));
        }
    };
    refuse("--dtype", !options.dtype.empty(), model || op);
    refuse("--tokens", options.tokens.has_value(), model);
    refuse("--bucket", options.bucket.has_value(), model);
    refuse("--batch", options.batch.has_value(), model);
    refuse("--shape", !options.shape.empty(), op);
    refuse("--layout", !options.layout.empty(), op);
    refuse("--cores", options.cores.has_value(), model || op);
    refuse("--clock", !options.clock.empty(), model || op);
    refuse("--phase", !options.phase.empty(), model);
    for (const auto& [option, given] :
         {std::pair{"--prompt", options.prompt}, std::pair{"--new-tokens", options.new_tokens}}) {
        if (given && options.phase.empty()) {
            diagnostics.error(SourceLocation(option), "it needs --phase", "--phase generate");
        }
    }
    if (op && is_rows(options.format)) {
        diagnostics.error(SourceLocation("--format"), "one operator has no rows", "text or json");
    }
    if (question == Question::kRows && options.format == Format::kText) {
        diagnostics.error(SourceLocation("--format"), "rows have no text form", "csv or json");
    }
}

std::optional<Target> target_of(const PredictOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const Library& library = invocation.library;
    const auto settings = hardware_settings(options.settings, "a prediction", diagnostics);
    const auto load = [&library, &options](const std::vector<Override>& set, Diagnostics& found) {
        return load_hardware(library, options.hardware, set, SourceLocation("--hardware"), found);
    };
    auto profile = diagnostics.has_errors() ? std::nullopt : load(settings, diagnostics);
    const auto device = profile ? device_option(*profile, options.device, diagnostics) : std::nullopt;
    if (!device || diagnostics.has_errors()) {
        return std::nullopt;
    }
    Provenance& provenance = invocation.provenance;
    provenance.changes = hardware_changes(library, options.hardware, settings);
    provenance.profiles.push_back(profile_origin(*profile, library));
    auto warnings = machine_warnings(*profile, diagnostics);
    Target target{std::move(*profile), *device, std::move(warnings)};
    for (const SettingChange& change : provenance.changes) {
        target.set.push_back(change.path);
    }
    target.with = [load, settings, paths = target.set](const std::vector<bool>& made) {
        auto kept = settings;
        for (std::size_t i = 0; i < paths.size(); ++i) {
            std::erase_if(kept, [&](const Override& each) { return !made[i] && each.path == paths[i]; });
        }
        Diagnostics ignored;
        return load(kept, ignored);
    };
    return target;
}

std::optional<std::string> predicted(const PredictOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const Question question = question_of(options);
    check_options(options, question, diagnostics);
    const auto target = target_of(options, invocation, diagnostics);
    if (!target) {
        return std::nullopt;
    }
    switch (question) {
        case Question::kModel:
            return predict_model(options, *target, invocation, diagnostics);
        case Question::kOperator:
            return predict_operator(options, *target, invocation, diagnostics);
        case Question::kRows:
            return predict_rows(options, *target, invocation, diagnostics);
    }
    throw std::logic_error("unknown question");
}

void add_question(CLI::App& command, PredictOptions& options) {
    CLI::Option_group* question = command.add_option_group("Question", "What to predict");
    add_value(*question, "--model", options.model, "MODEL", "A shipped model (see `berth list`) or a file");
    add_value(*question, "--op", options.op, "OP", "One operator, with --shape");
    add_value(*question, "--csv", options.csv, "FILE",
              "Many operators, with columns "
              "op, dtype, batch, m, k, n, rows, cols, heads, seq, kv_seq, head_dim, layout, "
              "cores, clock_mhz");
    question->require_option(1);
}

void add_options(CLI::App& command, PredictOptions& options) {
    const auto positive = CLI::Range(kCountRange.min, kCountRange.max, "POSITIVE");
    add_value(command, "--hardware", options.hardware, "H", "A shipped profile or a file")->required();
    add_value(command, "--device", options.device, "D", "Device of the profile")->required();
    add_set_option(command, options.settings, "starts with hardware.");
    add_value(command, "--dtype", options.dtype, "T", "Precision (default for models: fp32)");
    add_value(command, "--tokens", options.tokens, "N",
              "Actual tokens of the input (default: the bucket, or the longest input)")
        ->check(positive);
    add_value(command, "--bucket", options.bucket, "B", "Length that the model is compiled for (default: the tokens)")
        ->check(positive);
    add_value(command, "--batch", options.batch, "N", "Batch size (default: 1)")->check(positive);
    add_value(command, "--shape", options.shape, "SIZES", "Sizes of the operator, such as m=128,k=384,n=1536");
    add_value(command, "--layout", options.layout, "L",
              "Layout of a call of the runtime's matmul library: native or normal");
    add_value(command, "--cores", options.cores, "C", "Cores to use (default: the runtime's)");
    add_value(command, "--clock", options.clock, "F", "Clock of the device, such as 600 MHz");
    add_value(command, "--phase", options.phase, "PHASE",
              "For models that generate text: prefill, decode (one step) or generate");
    add_value(command, "--prompt", options.prompt, "N", "With --phase: tokens of the prompt")->check(positive);
    add_value(command, "--new-tokens", options.new_tokens, "N", "With --phase: tokens to generate after the prompt")
        ->check(positive);
}

}  // namespace

void add_predict(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<PredictOptions>();
    CLI::App* command = app.add_subcommand("predict", "Predicts a model or single operators on one device");
    add_question(*command, *options);
    add_options(*command, *options);
    add_format_option(*command, options->format, formats_of(kWithRows));
    command->footer(
        "Examples:\n"
        "  berth predict --hardware rk3588-rknn-2.3.2 --device npu --model MODEL --dtype int8 --tokens 122 --bucket "
        "512\n"
        "  berth predict --hardware rk3588-rknn-2.3.2 --device npu --op matmul --shape m=128,k=384,n=1536 --dtype "
        "fp16\n"
        "  berth predict --hardware rk3588-rknn-2.3.2 --device npu --csv rows.csv\n"
        "  berth predict --hardware rk3588-rknn-2.3.2 --device npu --model MODEL --set "
        "hardware.devices.npu.clock=600MHz");
    answer_with(*command, options, invocation, predicted);
}

}  // namespace berth
