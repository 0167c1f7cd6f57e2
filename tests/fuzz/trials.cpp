// Seed files and commands.
#include "fuzz/trials.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "berth/base/quantity_text.h"
#include "berth/hardware/load_profile.h"
#include "berth/hardware/profile.h"
#include "hardware_fixtures.h"
#include "layer_reports.h"

namespace berth::fuzz {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kChip = "rk3588-rknn-2.3.2";

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The YAML without comments and without the texts of sources.
std::string compact(const std::string& yaml) {
    static const std::regex source(", source: \"[^\"]*\"");
    std::string result;
    std::istringstream lines(std::regex_replace(yaml, source, ""));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t comment = line.find(" #");
        line.resize(comment == std::string::npos ? line.size() : comment);
        if (!line.empty() && line.front() != '#') {
            result += line + '\n';
        }
    }
    return result;
}

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

NamedTexts files_of(const fs::path& folder, std::string_view extension) {
    NamedTexts files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == extension) {
            const std::string text = content_of(entry.path());
            files.emplace_back(entry.path().stem().string(), extension == ".yaml" ? compact(text) : text);
        }
    }
    std::ranges::sort(files);
    return files;
}

// The file with this name from each folder that contains it, named after the folder.
NamedTexts one_of_each(const fs::path& folders, std::string_view file) {
    NamedTexts files;
    for (const auto& entry : fs::directory_iterator(folders)) {
        if (fs::exists(entry.path() / file)) {
            files.emplace_back(entry.path().filename().string(), content_of(entry.path() / file));
        }
    }
    std::ranges::sort(files);
    return files;
}

NamedTexts together(NamedTexts files, const NamedTexts& more) {
    files.insert(files.end(), more.begin(), more.end());
    return files;
}

// Makes a profile's reference to a file beside the shipped one absolute, for a copy in another folder.
void find_from_anywhere(std::string& profile, const fs::path& hardware) {
    constexpr std::string_view kBeside = "\nextends: measured/";
    if (const std::size_t at = profile.find(kBeside); at != std::string::npos) {
        profile.replace(at, kBeside.size(), "\nextends: " + (hardware / "measured").string() + "/");
    }
}

void write_all(const std::vector<std::pair<std::string, std::string>>& files, const fs::path& folder) {
    fs::create_directories(folder);
    for (const auto& [name, text] : files) {
        std::ofstream(folder / (name + ".yaml"), std::ios::binary) << text;
    }
}

// A model reduced to one or two blocks, which takes a fraction of the time and exercises the same code.
std::string with_few_layers(const std::string& model) {
    static const std::regex layers("layers: [0-9]+");
    return std::regex_replace(model, layers, "layers: 2");
}

constexpr std::string_view kSmallModel =
    "model: m\narchitecture: bert-encoder\n"
    "sizes: {layers: 2, hidden: 64, heads: 4, ffn: 128, vocab: 100, max_positions: 64}\n";

std::string scenario_of(const std::string& hardware, const std::string& tokens, const std::string& arrivals) {
    return "scenario: s\nhardware: " + hardware +
           "\nstages:\n  - {name: encode, model: m.yaml, dtype: int8, tokens: " + tokens +
           ", buckets: [64], repeat: 2, budget: 5 ms}\n  - {name: wait, takes: 2 ms ± 10%, on: cpu}\n" + arrivals +
           "objective: latency\nbudget: 20 ms\n";
}

constexpr std::string_view kUsers = "arrivals: {users: 3, think: 10 ms, requests: 200, warm_up: 10, seed: 3}\n";
constexpr std::string_view kRate = "arrivals: {rate: 20 Hz, requests: 200, warm_up: 10, seed: 3}\n";

std::string arrivals(Draw& draw) { return std::string(draw.one_in(2) ? kUsers : kRate); }

// Blocks of a small network, each with an operator heavier than its neighbours, and with colour classes of nodes.
std::string costed_graph() {
    std::string nodes;
    std::string edges;
    for (int i = 0; i < 9; ++i) {
        const std::string id = std::to_string(i);
        nodes += (i == 0 ? "" : ",\n") + std::string("  {\"id\": ") + id +
                 ", \"supportedOnFpga\": true, \"cpuLatency\": " + std::to_string(5 + i * i % 7) +
                 ".5, \"fpgaLatency\": 1.25, \"isBackwardNode\": false, \"size\": 100, " + "\"name\": \"op" + id +
                 "\", \"layerId\": " + std::to_string(i / 3) + (i % 4 == 1 ? ", \"colorClass\": 1}" : "}");
        if (i > 0) {
            edges += (i == 1 ? "" : ",\n") + std::string("  {\"sourceId\": ") + std::to_string(i - 1) +
                     ", \"destId\": " + id + ", \"cost\": 0.75, \"size\": 10}";
        }
    }
    return "{\"maxSizePerFPGA\": 900, \"maxFPGAs\": 2, \"maxCPUs\": 2,\n \"nodes\": [\n" + nodes +
           "\n ],\n \"edges\": [\n" + edges + "\n ]}\n";
}

constexpr std::string_view kRows =
    "op,dtype,batch,m,k,n,rows,cols,heads,seq,kv_seq,head_dim,layout,cores,clock_mhz\n"
    "matmul,int8,1,128,384,1536,,,,,,,native,1,1000\n"
    "matmul,fp16,2,64,64,64,,,,,,,,,\n"
    "softmax,fp16,,,,,128,128,,,,,,1,600\n"
    "attention,fp16,1,,,,,,12,128,128,32,,1,\n"
    "layer_norm,fp16,,,,,128,384,,,,,,,\n";

}  // namespace

Seeds::Seeds(const fs::path& sources, const fs::path& data)
    : profiles_(files_of(sources / "hardware", ".yaml")),
      models_(files_of(sources / "models", ".yaml")),
      architectures_(files_of(sources / "models" / "architectures", ".yaml")),
      scenarios_(files_of(sources / "scenarios", ".yaml")),
      configs_(files_of(sources / "tests" / "data" / "configs", ".json")),
      onnx_(files_of(sources / "tests" / "data" / "onnx", ".onnx")),
      logs_(files_of(sources / "tests" / "data" / "profiles", ".json")),
      measured_(files_of(sources / "hardware" / "measured" / "rk3588-rknn-2.3.2", ".csv")),
      tflite_(files_of(sources / "tests" / "data" / "tflite", ".tflite")),
      tables_(together(files_of(sources / "tests" / "data" / "rknn-logs", ".txt"),
                       files_of(sources / "tests" / "data" / "rknn-logs", ".md"))),
      networks_(one_of_each(sources / "hardware" / "measured", "networks.csv")),
      graph_(costed_graph()),
      network_((sources / "tests" / "data" / "onnx" / "small-cnn.onnx").string()) {
    std::erase_if(onnx_, [](const Named& file) { return file.second.size() > 20'000; });  // as the smaller ones do
    std::erase_if(measured_, [](const Named& file) { return file.second.size() > 20'000; });
    const NamedTexts archetypes = files_of(sources / "hardware" / "archetypes", ".yaml");
    const NamedTexts priors = one_of_each(sources / "hardware" / "measured", "prior.yaml");
    write_all(profiles_, data / "hardware");
    write_all(archetypes, data / "hardware" / "archetypes");
    for (const auto& [name, text] : priors) {
        write_all({{"prior", text}}, data / "hardware" / "measured" / name);
        profiles_.emplace_back(name + "-prior", compact(text));
    }
    for (Named& profile : profiles_) {
        find_from_anywhere(profile.second, data / "hardware");
    }
    profiles_.insert(profiles_.end(), archetypes.begin(), archetypes.end());
    write_all(architectures_, data / "models" / "architectures");
    for (Named& model : models_) {
        model.second = with_few_layers(model.second);
    }
    write_all(models_, data / "models");
    profiles_.insert(profiles_.end(), 12, {"board", board_text()});
    Diagnostics diagnostics;
    auto chip = load_profile(data / "hardware" / (std::string(kChip) + ".yaml"), profiles_in({data / "hardware"}), {},
                             diagnostics);
    if (!chip) {
        throw std::runtime_error("a shipped profile does not load: " + diagnostics.text());
    }
    for (const ParameterView& view : parameters(*chip)) {
        numbers_.emplace_back(view.path, quantity_text(view.value, view.dimension));
    }
    for (const std::string_view path : {"cores", "matrix.align.m", "matrix.align.k", "matrix.min_rows", "dma.channels",
                                        "runtime.default_cores", "runtime.pad_width_to", "attention.row_granule"}) {
        numbers_.emplace_back("devices.npu." + std::string(path), "1");
    }
}

Trial Seeds::profile(Draw& draw) const {
    const Named& seed = draw.of(profiles_);
    Trial trial;
    const bool stream = draw.one_in(12);
    trial.files = {{"p.yaml", mutated_text(seed.second, draw)},
                   {"m.yaml", std::string(kSmallModel)},
                   {"s.yaml", scenario_of("p.yaml", "24", stream ? arrivals(draw) : "")}};
    trial.always = {{"check", "p.yaml"}};
    const std::string device = seed.second.find("\n  npu:") != std::string::npos ? "npu" : "cpu";
    trial.once_accepted = {{"run", "s.yaml"},
                           {"run", "s.yaml", "--format", "json"},
                           {"predict", "--hardware", "p.yaml", "--device", device, "--op", "matmul", "--shape",
                            "m=128,k=384,n=1536", "--dtype", "fp16"},
                           {"predict", "--hardware", "p.yaml", "--device", "cpu", "--model", "m.yaml", "--tokens", "20",
                            "--format", "json"}};
    if (stream) {
        trial.once_accepted.push_back({"run", "s.yaml", "--trace", "t.json"});
    }
    if (stream) {
        trial.once_accepted.push_back({"run", "s.yaml", "--trace", "t.json"});
    }
    if (draw.one_in(8)) {
        trial.once_accepted.push_back({"sensitivity", "s.yaml"});
    } else if (draw.one_in(8)) {
        trial.once_accepted.push_back(
            {"compare", "s.yaml", "--hardware", "p.yaml," + std::string(kChip), "--format", "json"});
    }
    return trial;
}

Trial Seeds::model(Draw& draw) const {
    Trial trial;
    trial.files = {{"m.yaml", mutated_text(draw.of(models_).second, draw)}};
    trial.always = {{"check", "m.yaml"}};
    const Command predict{"predict", "--hardware", std::string(kChip), "--model", "m.yaml"};
    for (const Command& more :
         {Command{"--device", "cpu", "--tokens", "16", "--format", "json"},
          Command{"--device", "npu", "--dtype", "int8", "--tokens", "9", "--bucket", "16"},
          Command{"--device", "npu", "--dtype", "fp16", "--phase", "generate", "--prompt", "8", "--new-tokens", "3"}}) {
        trial.once_accepted.push_back(predict);
        trial.once_accepted.back().insert(trial.once_accepted.back().end(), more.begin(), more.end());
    }
    return trial;
}

Trial Seeds::architecture(Draw& draw) const {
    const Named& seed = draw.of(architectures_);
    Trial trial;
    trial.files = {{"architectures/" + seed.first + ".yaml", mutated_text(seed.second, draw)}};
    const auto user = std::ranges::find_if(models_, [&](const Named& model) {
        return model.second.find("architecture: " + seed.first + "\n") != std::string::npos;
    });
    trial.always = {{"check", "architectures/" + seed.first + ".yaml"}};
    if (user != models_.end()) {
        trial.files.emplace_back("m.yaml", user->second);
        trial.once_accepted = {{"check", "m.yaml"},
                               {"predict", "--hardware", std::string(kChip), "--device", "cpu", "--model", "m.yaml"}};
    }
    return trial;
}

Trial Seeds::scenario(Draw& draw) const {
    Trial trial;
    trial.files = {{"m.yaml", std::string(kSmallModel)}};
    std::string text = draw.of(scenarios_).second;
    if (draw.one_in(3)) {
        text = scenario_of(std::string(kChip), draw.one_in(2) ? "{from: 8, to: 60}" : "24",
                           draw.one_in(3) ? arrivals(draw) : "");
    }
    trial.files.emplace_back("s.yaml", mutated_text(std::move(text), draw));
    trial.always = {{"check", "s.yaml"}};
    trial.once_accepted = {{"run", "s.yaml"}};
    if (draw.one_in(4)) {
        trial.once_accepted = {{"run", "s.yaml", "--format", "json"}, {"ops", "s.yaml"}};
    } else if (draw.one_in(8)) {
        trial.once_accepted = {{"compare", "s.yaml", "--hardware", std::string(kChip) + ",rk3576-rknn-2.3.2"}};
    }
    return trial;
}

Trial Seeds::setting(Draw& draw) const {
    Trial trial;
    const auto& [path, value] = draw.of(numbers_);
    const std::size_t unit = std::min(value.find(' '), value.size());
    std::string set = "hardware." + path + "=" + extreme_number(draw) + value.substr(unit);
    bool with_stream = draw.one_in(8);  // simulating a stream takes most of a second
    if (draw.one_in(3)) {
        static constexpr std::array<std::string_view, 13> kKeys{
            "stages.encode.tokens",  "stages.encode.buckets", "stages.encode.batch",
            "stages.encode.repeat",  "stages.wait.takes",     "budget",
            "arrivals.users",        "arrivals.think",        "arrivals.requests",
            "arrivals.warm_up",      "arrivals.seed",         "arrivals.rate",
            "stages.encode.segments"};
        static constexpr std::array<std::string_view, 5> kTimes{"", " ms", " s", " h", " Hz"};
        set = std::string(draw.of(kKeys)) + "=" + extreme_number(draw) + std::string(draw.of(kTimes));
        with_stream = with_stream || set.starts_with("arrivals.");
    }
    trial.files = {{"m.yaml", std::string(kSmallModel)},
                   {"s.yaml", scenario_of(std::string(kChip), "24", with_stream ? arrivals(draw) : "")}};
    if (draw.one_in(6)) {
        const std::string end = extreme_number(draw) + value.substr(unit);
        const std::string step = draw.one_in(2) ? ":x" + extreme_number(draw) : ":" + end;
        trial.always = {{"sweep", "s.yaml", "--vary", set + ":" + end + step, "--max-points", "20", "--threads", "1"}};
        return trial;
    }
    trial.always = {{"run", "s.yaml", "--set", set}};
    trial.once_accepted = {{"run", "s.yaml", "--set", set, "--format", "json"}};
    if (with_stream) {
        trial.once_accepted.push_back({"run", "s.yaml", "--set", set, "--trace", "t.json"});
    }
    return trial;
}

Trial Seeds::import(std::string_view kind, Draw& draw) const {
    const std::string chip(kChip);
    Trial trial;
    if (kind == "config") {
        trial.files = {{"c.json", mutated_text(draw.of(configs_).second, draw)}};
        trial.always = {{"import", "c.json", "--out", "o.yaml"}};
        trial.once_accepted = {{"check", "o.yaml"}};
    } else if (kind == "onnx" || kind == "tflite") {
        const std::string file = kind == "onnx" ? "x.onnx" : "x.tflite";
        trial.files = {{file, mutated_bytes(draw.of(kind == "onnx" ? onnx_ : tflite_).second, draw)}};
        trial.always = {{"import", file, "--out", "o.yaml"}};
        if (kind == "onnx") {
            trial.always.front().insert(trial.always.front().end(), {"--dim", "batch=1", "--dim", "sequence=16"});
        }
        if (draw.one_in(3)) {
            trial.always = {{"check", file}};
        }
        trial.once_accepted = {
            {"check", "o.yaml"},
            {"predict", "--hardware", chip, "--device", "cpu", "--model", "o.yaml", "--tokens", "1"}};
    } else if (kind == "table") {
        trial.files = {{"t.txt", mutated_text(draw.of(tables_).second, draw)}};
        trial.always = {{"import", "t.txt", "--clock", "1 GHz", "--out", "o.csv"}};
        trial.once_accepted = {{"validate", "--hardware", chip, "--device", "npu", "--measured", "o.csv"}};
    } else if (kind == "layers") {
        static constexpr std::array<std::string_view, 3> kReports{kVela, kOpenVino, kQnn};
        trial.files = {{"l.csv", mutated_text(std::string(draw.of(kReports)), draw)}};
        trial.always = {{"import", "l.csv", "--model", network_, "--dim", "N=1", "--dtype", "int8", "--clock",
                         "500 MHz", "--out", "o.csv"}};
        trial.once_accepted = {{"validate", "--hardware", chip, "--device", "npu", "--measured", "o.csv"}};
    } else {
        trial.files = {{"l.json", mutated_text(draw.of(logs_).second, draw)}};
        trial.always = {{"import", "l.json", "--model", "ms-marco-MiniLM-L-12-v2", "--tokens", "128", "--cores", "1",
                         "--out", "o.csv"}};
    }
    return trial;
}

// A datasheet with mostly plausible numbers.
Trial Seeds::new_chip(Draw& draw) const {
    static constexpr std::array<std::string_view, 7> kKindsOfChip{
        "npu-convolution", "npu-vector", "npu-systolic", "accelerator-host-link", "gpu", "arm-big-little", "x86-cpu"};
    struct Number {
        std::string_view option, value, unit;
    };
    static constexpr std::array<Number, 10> kNumbers{{{"--cores", "2", ""},
                                                      {"--clock", "800", " MHz"},
                                                      {"--macs-int8", "2048", ""},
                                                      {"--macs-fp16", "1024", ""},
                                                      {"--sram", "1", " MiB"},
                                                      {"--bandwidth", "20", " GB/s"},
                                                      {"--dram", "34", " GB/s"},
                                                      {"--dram-size", "8", " GiB"},
                                                      {"--cpu-cores", "4", ""},
                                                      {"--cpu-clock", "2", " GHz"}}};
    Trial trial;
    trial.files = {{"m.yaml", std::string(kSmallModel)}, {"s.yaml", scenario_of("c.yaml", "24", "")}};
    Command make{"new-chip", "c",        "--archetype", std::string(draw.of(kKindsOfChip)),
                 "--yes",    "--out",    "c.yaml",      "--model",
                 "m.yaml",   "--tokens", "24"};
    const std::size_t spoilt = draw.below(kNumbers.size());
    for (std::size_t i = 0; i < kNumbers.size(); ++i) {
        const bool extreme = i == spoilt || draw.one_in(8);
        if (extreme || draw.one_in(2)) {
            make.emplace_back(kNumbers[i].option);
            make.push_back((extreme ? extreme_number(draw) : std::string(kNumbers[i].value)) +
                           std::string(kNumbers[i].unit));
        }
    }
    trial.always = {make};
    trial.once_accepted = {{"check", "c.yaml"}, {"run", "s.yaml"}};
    return trial;
}

Trial Seeds::of_kind(std::string_view kind, Draw& draw) const {
    const std::string chip(kChip);
    Trial trial;
    if (kind == "profile") {
        return profile(draw);
    }
    if (kind == "model") {
        return model(draw);
    }
    if (kind == "architecture") {
        return architecture(draw);
    }
    if (kind == "scenario") {
        return scenario(draw);
    }
    if (kind == "setting") {
        return setting(draw);
    }
    if (kind == "graph") {
        trial.files = {{"g.json", mutated_text(graph_, draw)}};
        trial.always = {{"place", "g.json", "--objective", "throughput"},
                        {"place", "g.json", "--objective", "latency", "--format", "json"}};
    } else if (kind == "rows") {
        const bool own = draw.one_in(2);
        trial.files = {{"r.csv", mutated_text(own ? std::string(kRows) : draw.of(measured_).second, draw)}};
        trial.always = {own ? Command{"predict", "--hardware", chip, "--device", "npu", "--csv", "r.csv"}
                            : Command{"validate", "--hardware", chip, "--device", "npu", "--measured", "r.csv"}};
    } else if (kind == "lengths" || kind == "arrivals") {
        const bool lengths = kind == "lengths";
        trial.files = {{"m.yaml", std::string(kSmallModel)},
                       {"l.csv", mutated_text(lengths ? "tokens\n8\n16\n60\n" : "arrival_ms\n0\n3.5\n20\n", draw)},
                       {"s.yaml", scenario_of(chip, lengths ? "{file: l.csv, column: tokens}" : "24",
                                              lengths ? "" : "arrivals: {trace: l.csv}\n")}};
        trial.always = {{"run", "s.yaml"}};
    } else if (kind == "networks") {
        const Named& rows = draw.of(networks_);
        trial.files = {{"n.csv", mutated_text(rows.second, draw)}};
        trial.always = {{"validate", "--hardware", rows.first, "--measured", "n.csv"}};
        if (draw.one_in(4)) {
            trial.once_accepted = {
                {"calibrate", "--hardware", rows.first, "--device", "npu", "--measured", "n.csv", "--out", "o.yaml"},
                {"check", "o.yaml"}};
        }
    } else if (kind == "chip") {
        return new_chip(draw);
    } else {
        return import(kind, draw);
    }
    return trial;
}

Trial Seeds::trial(std::uint64_t seed, std::size_t number) const {
    // The share of a kind depends on its running time and on how much of it people write by hand.
    static constexpr std::array<std::size_t, kKinds.size()> kShares{18, 8, 7, 10, 6, 7, 4, 4, 6,
                                                                    6,  2, 6, 4,  2, 2, 6, 2};
    Draw draw(seed * 1'000'003 + number);
    std::size_t at = draw.below(100);
    std::size_t kind = 0;
    while (at >= kShares[kind]) {
        at -= kShares[kind++];
    }
    Trial trial = of_kind(kKinds[kind], draw);
    trial.kind = kind;
    return trial;
}

}  // namespace berth::fuzz
