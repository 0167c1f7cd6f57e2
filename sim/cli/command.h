// Shared parts of the commands: the location of shipped files, registration on the command line, options and output.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/analysis/silent_changes.h"
#include "berth/analysis/sweep.h"
#include "berth/base/choice.h"
#include "berth/base/diagnostics.h"
#include "berth/base/text_width.h"
#include "berth/report/provenance.h"
#include "berth/scenario/scenario.h"
#include "cli/forms.h"

namespace berth {

/// Exit status of the program. Status 1 is not used, because the shell and the loader use it for other failures.
/// `kDiffers` reports that `berth diff --fail-on` or `berth gate` found a difference.
enum class ExitStatus : std::uint8_t { kFine = 0, kBadInput = 2, kInternalFailure = 3, kDiffers = 4 };

/// One call of the program; the executed command stores its status here.
struct Invocation {
    Library library;
    TextWidth width;  ///< width of the terminal, for text
    ExitStatus status = ExitStatus::kFine;
    Provenance provenance;           ///< program and command; the command adds the inputs of its answer
    std::vector<Warning> machine{};  ///< warnings on the scenario's profile, see machine_warnings()
};

/// Adds a command to the application, which runs it if the command line names it. Its options live as long as the
/// command.
using AddCommand = void (*)(CLI::App& app, Invocation& invocation);
void add_run(CLI::App& app, Invocation& invocation);
void add_ops(CLI::App& app, Invocation& invocation);
void add_explain(CLI::App& app, Invocation& invocation);
void add_predict(CLI::App& app, Invocation& invocation);
void add_place(CLI::App& app, Invocation& invocation);
void add_measure(CLI::App& app, Invocation& invocation);
void add_calibrate(CLI::App& app, Invocation& invocation);
void add_validate(CLI::App& app, Invocation& invocation);
void add_profile_host(CLI::App& app, Invocation& invocation);
void add_sweep(CLI::App& app, Invocation& invocation);
void add_crossover(CLI::App& app, Invocation& invocation);
void add_sensitivity(CLI::App& app, Invocation& invocation);
void add_diff(CLI::App& app, Invocation& invocation);
void add_compare(CLI::App& app, Invocation& invocation);
void add_gate(CLI::App& app, Invocation& invocation);
void add_buckets(CLI::App& app, Invocation& invocation);
void add_optimise(CLI::App& app, Invocation& invocation);
void add_import(CLI::App& app, Invocation& invocation);
void add_check(CLI::App& app, Invocation& invocation);
void add_list(CLI::App& app, Invocation& invocation);
void add_schema(CLI::App& app, Invocation& invocation);
void add_new_chip(CLI::App& app, Invocation& invocation);
void add_explore(CLI::App& app, Invocation& invocation);
void add_completion(CLI::App& app, Invocation& invocation);
void add_man(CLI::App& app, Invocation& invocation);

/// Adds an option or argument that sets `value`; `type` is the name of the value in the help.
template <class Value>
CLI::Option* add_value(CLI::App& command, const std::string& name, Value& value, const std::string& type,
                       const std::string& help) {
    return command.add_option(name, value, help)->type_name(type);
}

/// Adds `--format` with the formats that the command offers.
void add_format_option(CLI::App& command, std::optional<Format>& format, const std::vector<Format>& offered);

/// `SCENARIO [--set PATH=VALUE]...`
struct ScenarioOptions {
    std::string scenario;
    std::vector<std::string> settings;
};
void add_scenario_options(CLI::App& command, ScenarioOptions& options);
/// Adds the repeatable option `--set PATH=VALUE`. `paths` completes the help's sentence on what PATH may be.
void add_set_option(CLI::App& command, std::vector<std::string>& settings, const std::string& paths);
/// Loads the scenario. Its changes are recorded in it, the inputs of the answer in the invocation.
[[nodiscard]] std::optional<Scenario> load(const ScenarioOptions& options, Invocation& invocation,
                                           Diagnostics& diagnostics);

/// The scenario as the base of what-ifs, from options that load() has accepted.
[[nodiscard]] SweepBase base_of(const ScenarioOptions& options, const Library& library);

/// Parses the arguments PATH=VALUE of `--set`; an error for each without `=`.
[[nodiscard]] std::vector<Override> read_settings(const std::vector<std::string>& settings, Diagnostics& diagnostics);

/// read_settings() for a command that has only a profile; an error for each path outside the profile, which names
/// `asked` ("a prediction").
[[nodiscard]] std::vector<Override> hardware_settings(const std::vector<std::string>& settings, std::string_view asked,
                                                      Diagnostics& diagnostics);

/// The stage with this name that runs a model, or an error that lists the existing ones.
[[nodiscard]] const Stage* model_stage_named(const Scenario& scenario, const std::string& name,
                                             Diagnostics& diagnostics);
[[nodiscard]] std::optional<DeviceId> device_option(const Profile& profile, const std::string& name,
                                                    Diagnostics& diagnostics);

/// The frequency that `--clock` gives, or an error.
[[nodiscard]] std::optional<Frequency> read_clock(const std::string& text, Diagnostics& diagnostics);

/// Writes the answer to standard output and the diagnostics to standard error. `output` is absent if the input was
/// invalid; nothing is then written to standard output.
[[nodiscard]] ExitStatus answer(const std::optional<std::string>& output, const Diagnostics& diagnostics);

/// Registers the command's callback, which prints the result of `made(options, invocation, diagnostics)`.
template <class Options, class Made>
void answer_with(CLI::App& command, const std::shared_ptr<Options>& options, Invocation& invocation, Made made) {
    command.callback([options, &invocation, made] {
        Diagnostics diagnostics;
        const auto output = made(*options, invocation, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

/// For an answer without its own warnings: warns of settings without effect on what is `shown` on standard error, and
/// lists these in JSON together with the warning of load() about a profile of another machine.
void add_warnings(const ScenarioOptions& options, const ShownAnswer& shown, Invocation& invocation,
                  Diagnostics& diagnostics);

/// A warning `text` for each of the settings without which the answer is the same; `same_without` takes the index of
/// the setting that is left out.
[[nodiscard]] std::vector<Warning> settings_that_change_nothing(const std::vector<std::string>& paths,
                                                                std::string_view text,
                                                                const std::function<bool(std::size_t)>& same_without);

/// Adds settings without effect to the diagnostics and to an answer's warnings.
void add_silent_settings(std::vector<Warning> silent, std::vector<Warning>& warnings, Diagnostics& diagnostics);

/// Creates the folder of a report before any work is done; false, with an error, if that fails.
[[nodiscard]] bool make_folder(const std::filesystem::path& directory, Diagnostics& diagnostics);

/// Shows one line on standard error, if that is a terminal.
void show_progress(std::string_view what);

/// Progress lines on standard error for long work, at most one in a few seconds: on a terminal from the second second
/// on, elsewhere from the tenth.
class SlowProgress {
  public:
    /// Shows `what`, the state of the work, if a line is due.
    void reached(std::string_view what);

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), shown_ = start_;
};

}  // namespace berth
