// Options and output that several commands share.
#include "cli/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <system_error>

#include "base/mapped.h"
#include "berth/analysis/silent_changes.h"
#include "berth/base/quantity_text.h"
#include "cli/machine_check.h"
#include "cli/terminal_manners.h"
#include "cli/terminal_width.h"
#include "hardware/former_keys.h"
#include "report/text_layout.h"

namespace berth {

void add_format_option(CLI::App& command, std::optional<Format>& format, const std::vector<Format>& offered) {
    auto names = mapped<std::string>(offered, [&](const Format one) { return choice_name(kFormatNames, one); });
    command
        .add_option_function<std::string>(
            "--format", [&format](const std::string& name) { format = choice_in_any_case(kFormatNames, name); },
            "Output format: " + list_of(names))
        ->type_name("FORMAT")
        ->check(CLI::IsMember(names, CLI::ignore_case).description(""));
}

void add_set_option(CLI::App& command, std::vector<std::string>& settings, const std::string& paths) {
    add_value(command, "--set", settings, "PATH=VALUE", "Changes a value before the run; PATH " + paths)
        ->allow_extra_args(false);
}

void add_scenario_options(CLI::App& command, ScenarioOptions& options) {
    add_value(command, "scenario", options.scenario, "SCENARIO", "A shipped scenario (see `berth list`) or a file")
        ->required();
    add_set_option(command, options.settings,
                   "starts with hardware., runtimes.NAME., models.NAME. or stages.NAME., or is a key of the scenario");
}

namespace {

// The path with current key names; a warning if it contains a former name.
std::string present_setting(const std::string& path, Diagnostics& diagnostics) {
    if (!path.starts_with(kHardwarePrefix)) {
        return path;
    }
    std::string present = std::string(kHardwarePrefix) + present_path(below_hardware(path));
    if (present != path) {
        diagnostics.warning(SourceLocation("--set " + path), "is now called " + present,
                            "the new name; the former one is no longer read in the next release");
    }
    return present;
}

}  // namespace

std::vector<Override> read_settings(const std::vector<std::string>& settings, Diagnostics& diagnostics) {
    std::vector<Override> overrides;
    for (const std::string& setting : settings) {
        const std::size_t equals = setting.find('=');
        if (equals == std::string::npos || equals == 0) {
            diagnostics.error(SourceLocation("--set"), fmt::format("'{}' gives no value to a path", setting),
                              "PATH=VALUE, such as stages.rerank.tokens=122");
            continue;
        }
        overrides.push_back(
            {present_setting(typed_path(setting.substr(0, equals)), diagnostics), setting.substr(equals + 1)});
    }
    return overrides;
}

std::vector<Override> hardware_settings(const std::vector<std::string>& settings, std::string_view asked,
                                        Diagnostics& diagnostics) {
    auto overrides = read_settings(settings, diagnostics);
    for (const Override& each : overrides) {
        if (!each.path.starts_with(kHardwarePrefix)) {
            diagnostics.error(SourceLocation("--set " + each.path), fmt::format("{} has no such key", asked),
                              "a path of the profile, such as hardware.memory.dram.bandwidth");
        }
    }
    return overrides;
}

std::optional<Scenario> load(const ScenarioOptions& options, Invocation& invocation, Diagnostics& diagnostics) {
    const auto overrides = read_settings(options.settings, diagnostics);
    auto scenario = load_scenario(invocation.library, options.scenario, overrides, diagnostics);
    if (!scenario || diagnostics.has_errors()) {
        return std::nullopt;
    }
    invocation.machine = machine_warnings(scenario->profile, diagnostics);
    scenario->changes = setting_changes(scenario->source);
    add_scenario(invocation.provenance, *scenario);
    return scenario;
}

void add_warnings(const ScenarioOptions& options, const ShownAnswer& shown, Invocation& invocation,
                  Diagnostics& diagnostics) {
    std::vector<Warning>& warnings = invocation.provenance.warnings;
    std::ranges::copy(invocation.machine, std::back_inserter(warnings));
    add_silent_settings(silent_settings(base_of(options, invocation.library), shown), warnings, diagnostics);
}

std::vector<Warning> settings_that_change_nothing(const std::vector<std::string>& paths, std::string_view text,
                                                  const std::function<bool(std::size_t)>& same_without) {
    std::vector<Warning> found;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (same_without(i)) {
            found.push_back({paths[i], std::string(text)});
        }
    }
    return found;
}

void add_silent_settings(std::vector<Warning> silent, std::vector<Warning>& warnings, Diagnostics& diagnostics) {
    for (Warning& warning : silent) {
        diagnostics.warning(SourceLocation("--set " + warning.path), warning.text);
        warnings.push_back(std::move(warning));
    }
}

SweepBase base_of(const ScenarioOptions& options, const Library& library) {
    Diagnostics ignored;
    return {library, options.scenario, read_settings(options.settings, ignored)};
}

const Stage* model_stage_named(const Scenario& scenario, const std::string& name, Diagnostics& diagnostics) {
    const auto runs_model = [](const Stage& stage) { return std::holds_alternative<ModelStage>(stage.work); };
    const auto found = find_named(scenario.stages, name, &Stage::name);
    if (found != scenario.stages.end() && runs_model(*found)) {
        return &*found;
    }
    if (found != scenario.stages.end()) {
        diagnostics.error(SourceLocation("--stage"),
                          fmt::format("stage '{}' has a fixed time, no operators", found->name));
        return nullptr;
    }
    std::vector<std::string> known;
    for (const Stage& stage : scenario.stages) {
        if (runs_model(stage)) {
            known.push_back(stage.name);
        }
    }
    diagnostics.error(SourceLocation("--stage"), fmt::format("no stage '{}' in {}", name, scenario.name),
                      list_of(known), suggested_names(name, known));
    return nullptr;
}

std::optional<DeviceId> device_option(const Profile& profile, const std::string& name, Diagnostics& diagnostics) {
    const auto device = device_named(profile, name);
    if (!device) {
        auto known = mapped(profile.devices, &Device::name);
        diagnostics.error(SourceLocation("--device"), fmt::format("no device '{}' in {}", name, profile.name),
                          list_of(known), suggested_names(name, known));
    }
    return device;
}

std::optional<Frequency> read_clock(const std::string& text, Diagnostics& diagnostics) {
    const SourceLocation where("--clock");
    const auto parsed = parse_quantity(text, Frequency::kDimension);
    if (const auto* error = std::get_if<QuantityError>(&parsed)) {
        diagnostics.error(where, error->message, error->expected, error->suggestion);
        return std::nullopt;
    }
    const auto& quantity = std::get<ParsedQuantity>(parsed);
    if (quantity.value <= 0 || quantity.spread || quantity.per) {
        diagnostics.error(where, fmt::format("'{}' is no clock", text), "a frequency such as 600 MHz");
        return std::nullopt;
    }
    return Frequency::from_si(quantity.value);
}

namespace {

// The errors without the warnings.
Diagnostics errors_of(const Diagnostics& diagnostics) {
    Diagnostics errors;
    for (const Diagnostic& one : diagnostics.all()) {
        if (one.severity == Severity::kError) {
            errors.error(one.where, one.message, one.expected, one.suggestion);
        }
    }
    return errors;
}

// Prints one line per diagnostic if standard error is not a terminal; on a terminal, lines are wrapped and the severity
// is coloured.
void print_diagnostics(const Diagnostics& diagnostics) {
    const std::string lines = is_quiet() ? errors_of(diagnostics).text() : diagnostics.text();
    if (::isatty(STDERR_FILENO) != 1) {
        fmt::print(stderr, "{}", lines);
        return;
    }
    const TextWidth width = terminal_width(STDERR_FILENO);
    const bool colour = shows_colour(STDERR_FILENO);
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = lines.find('\n', at);
        const std::string line = wrapped(lines.substr(at, end - at), 0, width, 4);
        fmt::print(stderr, "{}", colour ? with_coloured_severity(line) : line);
        at = end + 1;
    }
}

}  // namespace

ExitStatus answer(const std::optional<std::string>& output, const Diagnostics& diagnostics) {
    print_diagnostics(diagnostics);
    if (output) {
        const std::size_t written = std::fwrite(output->data(), 1, output->size(), stdout);
        if (written != output->size() || std::fflush(stdout) != 0) {
            fmt::print(stderr, "berth: error: cannot write to standard output: {}\n", std::strerror(errno));
            return ExitStatus::kBadInput;
        }
    }
    return output && !diagnostics.has_errors() ? ExitStatus::kFine : ExitStatus::kBadInput;
}

bool make_folder(const std::filesystem::path& directory, Diagnostics& diagnostics) {
    std::error_code failure;
    std::filesystem::create_directories(directory, failure);
    if (!failure && !std::filesystem::is_directory(directory, failure)) {
        failure = std::make_error_code(std::errc::not_a_directory);
    }
    if (!failure && ::access(directory.c_str(), W_OK | X_OK) != 0) {  // reported once instead of for each file
        failure = {errno, std::generic_category()};
    }
    if (failure) {
        diagnostics.error(SourceLocation(directory.string()),
                          fmt::format("cannot make the folder of the report: {}", failure.message()));
    }
    return !failure;
}

void show_progress(std::string_view what) {
    if (!is_quiet() && ::isatty(STDERR_FILENO) == 1) {
        fmt::print(stderr, "berth: {}\n", what);
    }
}

void SlowProgress::reached(std::string_view what) {
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const auto patience = std::chrono::seconds(terminal ? 2 : 10);
    const auto now = std::chrono::steady_clock::now();
    if (!is_quiet() && now - shown_ >= patience) {
        shown_ = now;
        const std::chrono::duration<double> passed = now - start_;
        fmt::print(stderr, "berth: {}, {:.0f} s so far\n", what, passed.count());
    }
}

}  // namespace berth
