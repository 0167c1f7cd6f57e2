// berth measure: times real kernels on this machine, and writes the times to a file.
#include "cli/measure_files.h"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <memory>

#include "base/line_file.h"
#include "base/mapped.h"
#include "berth/analysis/next_measurement.h"
#include "berth/base/atomic_file.h"
#include "berth/base/brief_text.h"
#include "berth/base/csv.h"
#include "cli/command.h"
#include "report/text_layout.h"
#include "report/worth_measuring.h"

namespace berth {

namespace {

struct MeasureOptions {
    MeasureTask task;
    bool quick = false;
    bool full = false;
    bool resume = false;
    std::string out;
    std::string plan, device;  ///< scenario whose kernels are ranked, and its device that stands for this machine
    std::size_t top = 5;
};

// The list of encoders to measure, a data file beside the measurements.
std::optional<CsvTable> encoder_list(const Library& library, Diagnostics& diagnostics) {
    for (const auto& root : library.roots) {
        const auto path = root / "hardware" / "measured" / "encoders.csv";
        if (std::filesystem::is_regular_file(path)) {
            const auto content = read_file(path, diagnostics);
            return content ? parse_csv(*content, path.string(), diagnostics) : std::nullopt;
        }
    }
    diagnostics.error(SourceLocation("--of"), "the list of encoders is missing", "hardware/measured/encoders.csv");
    return std::nullopt;
}

std::vector<Model> encoders(const Library& library, Diagnostics& diagnostics) {
    std::vector<Model> models;
    const auto list = encoder_list(library, diagnostics);
    for (std::size_t i = 0; list && i < list->rows.size(); ++i) {
        const CsvCell& name = list->rows[i].cells.front();
        if (auto model = load_model(library, name.text, {}, name.where, diagnostics)) {
            models.push_back(std::move(*model));
        }
    }
    return models;
}

std::vector<MeasureJob> jobs_of(const MeasureTask& task, const MachineDescription& machine, const Library& library,
                                Diagnostics& diagnostics) {
    switch (task.subject) {
        case MeasureSubject::kOperators:
            return operator_jobs(task.extent, task.seed, machine.cores.value_or(1));
        case MeasureSubject::kMemory:
            return memory_jobs(task.extent, machine);
        case MeasureSubject::kModels:
            return model_jobs(task.extent, task.seed, encoders(library, diagnostics), machine.cores.value_or(1));
    }
    return {};
}

/// Progress of the measurement, with the estimated remaining time.
class RowProgress {
  public:
    RowProgress(std::size_t done, std::size_t all) : first_(done), all_(all) {}
    void show(std::size_t done, const MeasureJob& next) const {
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start_;
        const auto finished = static_cast<double>(done - first_);
        const double left = finished > 0 ? spent.count() / finished * static_cast<double>(all_ - done) : 0;
        show_progress(fmt::format("{} of {}, {}{}", done + 1, all_, job_name(next),
                                  finished > 0 ? fmt::format(", {:.0f} s left", left) : ""));
    }

  private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::size_t first_, all_;
};

std::string measured_row(const MeasureJob& job, int pass, const TimingRules& rules, HostPace& pace) {
    std::string why;
    const auto timing = measure(job, rules, pace, why);
    return timing ? measurement_row(job, pass, *timing) : skipped_row(job, why);
}

TakeLine into(LineFile& file, Diagnostics& diagnostics) {
    return [&](const std::string& row) { return file.add(row, diagnostics); };
}

/// Measures rows sequentially from `done` up to `until`, each pass in a separate process, and hands each row to
/// `take`; stops if that fails.
bool measure_rows(const MeasureTask& task, const std::vector<MeasureJob>& jobs, std::size_t done, std::size_t until,
                  const TakeLine& take, Diagnostics& diagnostics) {
    const TimingRules rules = TimingRules::of(task.subject, task.extent);
    const auto quickest = task.quickest ? task.quickest : shared_quickest_probes();
    const RowProgress progress(done, until);
    for (std::size_t end = done; done < until; done = end) {
        const std::size_t pass = done / jobs.size() + 1;
        end = std::min(until, pass * jobs.size());
        const auto measure_pass = [&](const TakeLine& give) {
            HostPace pace(rules.patience / static_cast<double>(passes_of(task.extent)), quickest);
            for (std::size_t i = done; i < end; ++i) {
                const MeasureJob& job = jobs[i % jobs.size()];
                progress.show(i, job);
                if (!give(measured_row(job, static_cast<int>(pass), rules, pace))) {
                    return;
                }
            }
        };
        if (!in_own_process(measure_pass, take, diagnostics)) {
            return false;
        }
    }
    return true;
}

std::string ranking_text(const std::vector<WorthMeasuring>& ranked, const Profile& profile, std::size_t top,
                         TextWidth width) {
    return worth_measuring_rows(ranked, profile, top).text(2, width) + "\n" +
           wrapped(
               "Removes: share of the variance of the stage's decision, or where that is sure of its latency, that a "
               "measurement would remove.",
               0, width);
}

// Jobs for the kernels among the first `top` that run on this machine's device.
std::vector<MeasureJob> jobs_for(const std::vector<WorthMeasuring>& ranked, DeviceId here, std::size_t top) {
    std::vector<MeasureJob> jobs;
    for (const WorthMeasuring& one : ranked) {
        if (one.device == here && jobs.size() < top) {
            jobs.emplace_back(KernelJob{KernelLibrary::kOneDnn, one.kernel.kind, one.kernel.dims, one.kernel.input,
                                        one.execution.cores, CacheState::kHot, false});
        }
    }
    return jobs;
}

// Relative noise of a measurement on a shared machine.
constexpr double kMeasurementNoise = 0.05;

ExitStatus plan_measurements(const MeasureOptions& options, const Library& library, TextWidth width) {
    Diagnostics diagnostics;
    const auto scenario = load_scenario(library, options.plan, {}, diagnostics);
    const auto here = scenario && !options.device.empty()
                          ? device_option(scenario->profile, options.device, diagnostics)
                          : std::nullopt;
    if (!options.out.empty() && options.device.empty()) {
        diagnostics.error(SourceLocation("--out"), "it needs the device of the scenario that stands for this machine",
                          "--device NAME");
    }
    const auto result = scenario && !diagnostics.has_errors() ? evaluate(*scenario, diagnostics) : std::nullopt;
    if (!result || diagnostics.has_errors()) {
        return answer(std::nullopt, diagnostics);
    }
    const auto ranked = next_measurements(*scenario, *result, kMeasurementNoise);
    if (options.out.empty()) {
        return answer(ranking_text(ranked, scenario->profile, options.top, width), diagnostics);
    }
    const auto jobs = jobs_for(ranked, *here, options.top);
    const auto machine = machine_facts(diagnostics);
    if (!machine) {
        return answer(std::nullopt, diagnostics);
    }
    LineFile file;
    bool written = file.start(options.out, measurement_header(MeasureSubject::kOperators, *machine), diagnostics);
    const MeasureTask task{MeasureSubject::kOperators, MeasureExtent::kFull};
    written = written && measure_rows(task, jobs, 0, jobs.size() * static_cast<std::size_t>(passes_of(task.extent)),
                                      into(file, diagnostics), diagnostics);
    const ExitStatus status = answer(ranking_text(ranked, scenario->profile, options.top, width), diagnostics);
    return written || status != ExitStatus::kFine ? status : ExitStatus::kInternalFailure;
}

ExitStatus measure_all(const MeasureOptions& options, const Library& library) {
    Diagnostics diagnostics;
    if (options.resume && options.out.empty()) {
        diagnostics.error(SourceLocation("--resume"), "it needs the file to continue", "--out FILE");
        return answer(std::nullopt, diagnostics);
    }
    MeasureTask task = options.task;
    task.extent = options.full ? MeasureExtent::kFull : MeasureExtent::kQuick;
    const auto here = machine_facts(diagnostics);
    if (!here) {
        return answer(std::nullopt, diagnostics);
    }
    const MachineDescription& machine = *here;
    if (!options.out.empty()) {
        const bool written = measure_into(options.out, options.resume, task, machine, library, diagnostics);
        const ExitStatus status = answer("", diagnostics);
        return written || status != ExitStatus::kFine ? status : ExitStatus::kInternalFailure;
    }
    const auto jobs = jobs_of(task, machine, library, diagnostics);
    if (diagnostics.has_errors()) {
        return answer(std::nullopt, diagnostics);
    }
    ExitStatus status = answer(measurement_header(task.subject, machine), {});
    const auto passes = static_cast<std::size_t>(passes_of(task.extent));
    const TakeLine print = [&status](const std::string& row) {
        status = answer(row, {});
        return status == ExitStatus::kFine;
    };
    const bool written =
        status == ExitStatus::kFine && measure_rows(task, jobs, 0, jobs.size() * passes, print, diagnostics);
    const ExitStatus said = answer("", diagnostics);
    return written || status != ExitStatus::kFine ? status : said;
}

// Head of the existing file, if machine and columns match (only the date may differ), else a new head.
std::string header_to_resume(const std::string& path, MeasureSubject subject, const MachineDescription& machine) {
    Diagnostics ignored;  // a missing file is created
    const auto content = std::filesystem::exists(path) ? read_file(path, ignored) : std::nullopt;
    auto recorded = content ? machine_in_head(*content) : std::nullopt;
    const bool same = recorded && compare_machines(*recorded, machine).differences.empty() &&
                      recorded->libraries == machine.libraries;
    return measurement_header(subject, same ? *recorded : machine);
}

}  // namespace

bool measure_into(const std::string& path, bool resume, const MeasureTask& task, const MachineDescription& machine,
                  const Library& library, Diagnostics& diagnostics) {
    const auto jobs = jobs_of(task, machine, library, diagnostics);
    if (diagnostics.has_errors()) {
        return false;
    }
    LineFile file;
    std::size_t done = 0;
    const std::string header =
        resume ? header_to_resume(path, task.subject, machine) : measurement_header(task.subject, machine);
    const bool ready = resume ? file.resume(path, header, done, diagnostics) : file.start(path, header, diagnostics);
    const auto passes = static_cast<std::size_t>(task.passes > 0 ? task.passes : passes_of(task.extent));
    return ready && measure_rows(task, jobs, done, jobs.size() * passes, into(file, diagnostics), diagnostics);
}

void add_measure(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<MeasureOptions>();
    CLI::App* command = app.add_subcommand("measure", "Measures real kernels on this machine");
    auto subjects = mapped<std::string>(kMeasureSubjectNames, [](const auto& choice) { return choice.name; });
    command
        ->add_option_function<std::string>(
            "--of",
            [options](const std::string& name) {
                options->task.subject = choice_in_any_case(kMeasureSubjectNames, name).value_or(options->task.subject);
            },
            "What to measure: " + list_of(subjects) + " (default: operators)")
        ->type_name("WHAT")
        ->check(CLI::IsMember(subjects, CLI::ignore_case).description(""));
    command->add_flag("--quick", options->quick, "Few shapes, under a minute (default)");
    command->add_flag("--full", options->full, "Enough shapes for a calibration, under ten minutes")
        ->excludes("--quick");
    add_value(*command, "--seed", options->task.seed, "N", "Selects other shapes from the same ranges")
        ->check(CLI::Range(1U, 1000U))
        ->capture_default_str();
    add_value(*command, "--out", options->out, "FILE", "File to write each row to as it is measured");
    command->add_flag("--resume", options->resume, "Continue after the last row of that file");
    add_value(*command, "--plan", options->plan, "SCENARIO",
              "Rank the kernels of a scenario by how much measuring them would reduce the uncertainty");
    add_value(*command, "--top", options->top, "N", "With --plan: how many kernels to show, and to measure with --out")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    add_value(*command, "--device", options->device, "NAME",
              "With --plan and --out: the device that stands for this machine");
    command->footer(
        "Examples:\n"
        "  berth measure --plan rag-rk3588\n"
        "  berth measure --quick --out rows.csv\n"
        "  berth measure --of memory --full --out memory.csv\n"
        "  berth validate --hardware x86-avx512-vnni --device cpu --measured rows.csv");
    command->callback([options, &invocation] {
        invocation.status = options->plan.empty() ? measure_all(*options, invocation.library)
                                                  : plan_measurements(*options, invocation.library, invocation.width);
    });
}

}  // namespace berth
