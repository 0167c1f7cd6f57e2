// Runs the built command in a separate folder and captures its output, exit status and files.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "scratch_folder.h"

namespace berth {

struct Outcome {
    int status = -1;
    std::string out, err;
    [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(out); }
};

inline std::string shell_word(const std::string& text) {
    std::string word = "'";
    for (const char c : text) {
        word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return word + "'";
}

/// A fixture with an empty working folder for the command.
class BerthCommand : public ::testing::Test {
  protected:
    BerthCommand() { std::filesystem::create_directory(folder()); }

    [[nodiscard]] std::filesystem::path folder() const { return root_ / "work"; }

    void write(const std::string& name, const std::string& text) const { root_.write("work/" + name, text); }

    /// `environment` holds arguments of `env` before the command, such as NAME=VALUE. By default lines are long, so
    /// that tests find whole sentences, and profiles are compared with no machine, so that the output is the same
    /// everywhere; `environment` can override both.
    [[nodiscard]] Outcome berth(const std::vector<std::string>& words,
                                const std::string& environment = "-u BERTH_DATA COLUMNS=240") const {
        std::string line = "cd " + shell_word(folder().string()) + " && BERTH_MACHINE=none env " + environment + " " +
                           shell_word(BERTH_EXE);
        for (const std::string& word : words) {
            line += " " + shell_word(word);
        }
        const auto out = root_ / "out";
        const auto err = root_ / "err";
        line += " >" + shell_word(out.string()) + " 2>" + shell_word(err.string());
        const int status = std::system(line.c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(out), content_of(err)};
    }

    /// Files of the working folder, as relative paths.
    [[nodiscard]] std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder())) {
            names.insert(std::filesystem::relative(entry.path(), folder()).string());
        }
        return names;
    }

    /// Expects the command to refuse its input: status 2, exactly `message` on standard error, no output and no files.
    void expect_refused(const std::vector<std::string>& words, const std::string& message) const {
        const auto before = files();
        const Outcome outcome = berth(words);
        EXPECT_EQ(outcome.status, 2);
        EXPECT_EQ(outcome.err, message);
        EXPECT_EQ(outcome.out, "");
        EXPECT_EQ(files(), before);
    }

  private:
    ScratchFolder root_;
};

}  // namespace berth
