// Kinds of file, their seed files, and the commands that read a mutated one.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/mutation.h"

namespace berth::fuzz {

inline constexpr std::array<std::string_view, 17> kKinds{
    "profile", "model", "architecture", "scenario", "graph", "rows",     "lengths", "arrivals", "config",
    "onnx",    "log",   "setting",      "tflite",   "table", "networks", "chip",    "layers"};

using Command = std::vector<std::string>;

/// Files to write, and commands to run in their folder. Those of `once_accepted` run only if the first of `always`
/// succeeds.
struct Trial {
    std::size_t kind = 0;  ///< in kKinds
    std::vector<std::pair<std::string, std::string>> files;
    std::vector<Command> always, once_accepted;
};

/// Seed files by kind, read once from the shipped files and those of the tests, without comments and sources, which
/// would only slow down reading.
class Seeds {
  public:
    /// `data` becomes a folder of shipped files that the commands use (BERTH_DATA).
    Seeds(const std::filesystem::path& sources, const std::filesystem::path& data);
    /// Trial `number` of a seed; deterministic.
    [[nodiscard]] Trial trial(std::uint64_t seed, std::size_t number) const;

  private:
    using Named = std::pair<std::string, std::string>;
    [[nodiscard]] Trial of_kind(std::string_view kind, Draw& draw) const;
    [[nodiscard]] Trial profile(Draw& draw) const;
    [[nodiscard]] Trial model(Draw& draw) const;
    [[nodiscard]] Trial architecture(Draw& draw) const;
    [[nodiscard]] Trial scenario(Draw& draw) const;
    [[nodiscard]] Trial setting(Draw& draw) const;
    [[nodiscard]] Trial import(std::string_view kind, Draw& draw) const;
    [[nodiscard]] Trial new_chip(Draw& draw) const;

    std::vector<Named> profiles_, models_, architectures_, scenarios_, configs_, onnx_, logs_, measured_, tflite_,
        tables_, networks_;                                     ///< of `networks_`, the name is that of the profile
    std::vector<std::pair<std::string, std::string>> numbers_;  ///< path of a profile's number, and a value of it
    std::string graph_, network_;                               ///< a graph with costs; the file of a small network
};

}  // namespace berth::fuzz
