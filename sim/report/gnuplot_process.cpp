// Starts gnuplot, and brings back its exit status and what it said.
#include "report/gnuplot_process.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace berth {

namespace {

constexpr int kCommandNotFound = 127;
constexpr const char* kScriptName = "pictures.gnuplot";
constexpr const char* kLogName = "gnuplot.log";

std::string shell_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    text.erase(text.find_last_not_of(" \n") + 1);
    return text;
}

}  // namespace

bool run_gnuplot(std::string_view script, const std::filesystem::path& directory, Diagnostics& diagnostics) {
    // A script in a file, not in a pipe: a gnuplot that stops early leaves no one writing to it.
    if (!(std::ofstream(directory / kScriptName, std::ios::binary) << script << std::flush)) {
        diagnostics.error(SourceLocation(directory.string()), "cannot write the script of the pictures there");
        return false;
    }
    const std::string command =
        fmt::format("cd {} && gnuplot -d <{} 2>{}", shell_quoted(directory.string()), kScriptName, kLogName);
    const int status = std::system(command.c_str());
    const std::string log = content(directory / kLogName);
    if (WIFEXITED(status) && WEXITSTATUS(status) == kCommandNotFound) {
        diagnostics.error({}, "the pictures need gnuplot, which is not on the PATH",
                          "an installed gnuplot, on Debian the package gnuplot-nox");
        return false;
    }
    if (status != 0) {
        diagnostics.error({}, "gnuplot stopped: " + (log.empty() ? "it gave no reason" : log));
        return false;
    }
    if (!log.empty()) {
        diagnostics.warning({}, "gnuplot: " + log);
    }
    return true;
}

}  // namespace berth
