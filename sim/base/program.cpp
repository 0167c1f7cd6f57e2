#include "base/program.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/trimmed.h"
#include "base/unnamed_file.h"

namespace berth {

namespace {

/// Words of a program's arguments or variables, as the system takes them.
std::vector<char*> words_of(std::vector<std::string>& texts) {
    std::vector<char*> words;
    for (std::string& text : texts) {
        words.push_back(text.data());
    }
    words.push_back(nullptr);
    return words;
}

std::vector<std::string> variables_with(const std::vector<std::string>& settings) {
    std::vector<std::string> variables = settings;
    for (char** own = ::environ; *own != nullptr; ++own) {
        const std::string_view name = std::string_view(*own).substr(0, std::string_view(*own).find('=') + 1);
        if (std::ranges::none_of(settings, [name](const std::string& set) { return set.starts_with(name); })) {
            variables.emplace_back(*own);
        }
    }
    return variables;
}

std::optional<int> status_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return std::nullopt;
        }
    }
    return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
}

}  // namespace

ProgramEnd run_program(const ProgramCall& call) {
    const UnnamedFile in, out, err;
    ProgramEnd end;
    if (!in.is_open() || !out.is_open() || !err.is_open() || !in.fill(call.input)) {
        end.err = "there is no room for temporary files";
        return end;
    }
    std::vector<std::string> arguments{call.name};
    arguments.insert(arguments.end(), call.arguments.begin(), call.arguments.end());
    std::vector<std::string> variables = variables_with(call.settings);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    int standard = STDIN_FILENO;
    for (const UnnamedFile* file : {&in, &out, &err}) {
        ::posix_spawn_file_actions_adddup2(&files, file->descriptor(), standard++);
    }
    pid_t child = 0;
    const int failure = ::posix_spawnp(&child, call.name.c_str(), &files, nullptr, words_of(arguments).data(),
                                       words_of(variables).data());
    ::posix_spawn_file_actions_destroy(&files);
    if (failure != 0) {
        end.missing = failure == ENOENT;
        end.err = end.missing ? call.name + " is not on the PATH" : std::strerror(failure);
        return end;
    }
    end.status = status_of(child);
    end.out = std::string(trimmed(out.content()));
    end.err = std::string(trimmed(err.content()));
    return end;
}

}  // namespace berth
