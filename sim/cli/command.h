// What commands share: where shipped files are, how they are added to the command line, and what they answer with.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "berth/choice.h"
#include "berth/diagnostics.h"
#include "berth/provenance.h"
#include "berth/scenario.h"
#include "berth/sweep.h"
#include "berth/text_width.h"
#include "cli/forms.h"

namespace berth {

/// Exit status of the program. Status 1 is left out: the shell and the loader use it for much else. `kDiffers` is what
/// `berth diff --fail-on` and `berth gate` look for.
enum class ExitStatus : std::uint8_t { kFine = 0, kBadInput = 2, kInternalFailure = 3, kDiffers = 4 };

/// One call of the program: the command that was asked for leaves its status here.
struct Invocation {
    Library library;
    TextWidth width;  ///< of the terminal, for text
    ExitStatus status = ExitStatus::kFine;
    Provenance provenance;           ///< program and command; the command adds what its answer rests on
    std::vector<Warning> machine{};  ///< of the scenario's profile, see machine_warnings()
};

/// Adds a command to the application; it runs when the command line names it. The options live as long as the command.
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

/// An option or argument that sets `value`; help calls what it takes `type`.
template <class Value>
CLI::Option* add_value(CLI::App& command, const std::string& name, Value& value, const std::string& type,
                       const std::string& help) {
    return command.add_option(name, value, help)->type_name(type);
}

/// `--format`, with the formats that the command has.
void add_format_option(CLI::App& command, std::optional<Format>& format, const std::vector<Format>& offered);

/// `SCENARIO [--set PATH=VALUE]...`
struct ScenarioOptions {
    std::string scenario;
    std::vector<std::string> settings;
};
void add_scenario_options(CLI::App& command, ScenarioOptions& options);
/// `--set PATH=VALUE`, any number of times. `paths`: what PATH may be, after that word.
void add_set_option(CLI::App& command, std::vector<std::string>& settings, const std::string& paths);
/// The scenario knows what was changed in it, and the invocation what its answer rests on.
[[nodiscard]] std::optional<Scenario> load(const ScenarioOptions& options, Invocation& invocation,
                                           Diagnostics& diagnostics);

/// The same as what-ifs take it, of options that load() has accepted.
[[nodiscard]] SweepBase base_of(const ScenarioOptions& options, const Library& library);

/// PATH=VALUE as it stands after `--set`; an error for each that has no `=`.
[[nodiscard]] std::vector<Override> read_settings(const std::vector<std::string>& settings, Diagnostics& diagnostics);

/// The same where only the profile can be changed; an error for each path of anything else, which `asked` ("a
/// prediction") does not have.
[[nodiscard]] std::vector<Override> hardware_settings(const std::vector<std::string>& settings, std::string_view asked,
                                                      Diagnostics& diagnostics);

/// The stage of that name that runs a model, or an error that lists those there are.
[[nodiscard]] const Stage* model_stage_named(const Scenario& scenario, const std::string& name,
                                             Diagnostics& diagnostics);
[[nodiscard]] std::optional<DeviceId> device_option(const Profile& profile, const std::string& name,
                                                    Diagnostics& diagnostics);

/// The frequency that `--clock` gives, or an error.
[[nodiscard]] std::optional<Frequency> read_clock(const std::string& text, Diagnostics& diagnostics);

/// Writes the answer to standard output, and what was noticed to standard error. `output` is absent where the input was
/// no good; nothing is printed to standard output then.
[[nodiscard]] ExitStatus answer(const std::optional<std::string>& output, const Diagnostics& diagnostics);

/// When the command line names the command, prints what `made` gives of its options, the invocation and diagnostics.
template <class Options, class Made>
void answer_with(CLI::App& command, const std::shared_ptr<Options>& options, Invocation& invocation, Made made) {
    command.callback([options, &invocation, made] {
        Diagnostics diagnostics;
        const auto output = made(*options, invocation, diagnostics);
        invocation.status = answer(output, diagnostics);
    });
}

/// For an answer without warnings of its own: settings that have no effect, as warnings on standard error, and in JSON
/// with whether the profile is of another machine, of which load() has warned.
void add_warnings(const ScenarioOptions& options, Invocation& invocation, Diagnostics& diagnostics);

/// Settings without effect, on standard error and among an answer's warnings.
void add_silent_settings(std::vector<Warning> silent, std::vector<Warning>& warnings, Diagnostics& diagnostics);

/// Makes the folder of a report, or says why not: before the work is done.
[[nodiscard]] bool make_folder(const std::filesystem::path& directory, Diagnostics& diagnostics);

/// One line on standard error, if that is a terminal.
void show_progress(std::string_view what);

/// Lines on standard error about work that takes long, at most one in a few seconds: on a terminal from the second
/// second on, elsewhere from the tenth.
class SlowProgress {
  public:
    /// Shows it if it is time. `what` says how far the work is.
    void reached(std::string_view what);

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), shown_ = start_;
};

}  // namespace berth
