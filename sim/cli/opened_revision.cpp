// Gets the files of a commit from git, and unpacks them in the system's folder of temporary files.
#include "cli/opened_revision.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/process.hpp>
#include <future>
#include <iterator>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "base/trimmed.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kDataFolders{"hardware", "models", "scenarios"};

std::vector<std::string> data_folders_in(const fs::path& folder) {
    std::vector<std::string> found;
    for (const std::string_view name : kDataFolders) {
        std::error_code missing;
        if (fs::is_directory(folder / name, missing)) {
            found.emplace_back(name);
        }
    }
    return found;
}

struct ProcessOutcome {
    bool fine = false;
    std::string out, err;
};

/// Runs a program from the PATH to completion; a missing program counts as a failure.
ProcessOutcome run_program(const std::string& name, const std::vector<std::string>& arguments) {
    namespace process = boost::process;
    const auto program = process::search_path(name);
    if (program.empty()) {
        return {false, "", fmt::format("{} is not on the PATH", name)};
    }
    process::ipstream out;
    boost::asio::io_context events;
    std::future<std::string> err;
    process::child child(program, process::args(arguments), process::std_in<process::null, process::std_out> out,
                         process::std_err > err, events);
    std::string text{std::istreambuf_iterator<char>(out), std::istreambuf_iterator<char>()};
    events.run();
    child.wait();
    return {child.exit_code() == 0, std::move(text), std::string(trimmed(err.get()))};
}

/// Unpacks the data folders of a tree into `folder`; the result is an error message, absent on success.
std::optional<std::string> unpack(const std::string& tree, const fs::path& folder) {
    const ProcessOutcome listed = run_program("git", {"ls-tree", "-d", "--name-only", tree});
    std::vector<std::string> archive{"archive", "--format=tar", "--output", (folder / "files.tar").string(), tree};
    const std::size_t without_folders = archive.size();
    std::istringstream names(listed.out);
    for (std::string name; std::getline(names, name);) {
        if (std::ranges::find(kDataFolders, name) != kDataFolders.end()) {
            archive.push_back(name);
        }
    }
    if (!listed.fine || archive.size() == without_folders) {
        return listed.err;
    }
    const ProcessOutcome archived = run_program("git", archive);
    if (!archived.fine) {
        return archived.err;
    }
    const ProcessOutcome unpacked =
        run_program("tar", {"-x", "-f", (folder / "files.tar").string(), "-C", folder.string()});
    return unpacked.fine ? std::nullopt : std::optional(unpacked.err);
}

constexpr std::string_view kExpectedRevision =
    "a folder that holds hardware/, models/ or scenarios/, or a git revision with them, such as main, HEAD~1 or "
    "main:data";

DataRevision revision_at(const std::string& name, const fs::path& folder, const Library& shipped) {
    DataRevision revision{name, Library{{folder}}, Library{{folder}}};
    revision.library.roots.insert(revision.library.roots.end(), shipped.roots.begin(), shipped.roots.end());
    revision.library.kept = std::make_shared<KeptDocuments>();
    return revision;
}

std::optional<OpenedRevision> open_commit(const std::string& word, const Library& shipped, Diagnostics& diagnostics) {
    const ProcessOutcome parsed = run_program("git", {"rev-parse", "--verify", "--end-of-options", word});
    if (!parsed.fine) {
        diagnostics.error(SourceLocation(word), fmt::format("is no folder and no revision: {}", parsed.err),
                          std::string(kExpectedRevision));
        return std::nullopt;
    }
    auto folder = TemporaryFolder::make(diagnostics);
    if (!folder) {
        return std::nullopt;
    }
    if (const auto why_not = unpack(std::string(trimmed(parsed.out)), folder->path())) {
        diagnostics.error(SourceLocation(word), why_not->empty() ? "the revision has none of these folders" : *why_not,
                          std::string(kExpectedRevision));
        return std::nullopt;
    }
    DataRevision revision = revision_at(word, folder->path(), shipped);
    return OpenedRevision{std::move(revision), std::move(*folder)};
}

}  // namespace

std::string OpenedRevision::in_own_names(std::string text) const {
    if (files.path().empty()) {
        return text;
    }
    const std::string prefix = files.path().string() + "/";
    const std::string own = revision.name + (revision.name.find(':') == std::string::npos ? ":" : "/");
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + own.size())) {
        text.replace(at, prefix.size(), own);
    }
    return text;
}

std::optional<OpenedRevision> open_revision(const std::string& word, const Library& shipped, Diagnostics& diagnostics) {
    std::error_code missing;
    if (!fs::is_directory(word, missing)) {
        return open_commit(word, shipped, diagnostics);
    }
    if (data_folders_in(word).empty()) {
        diagnostics.error(SourceLocation(word), "the folder has none of these folders", std::string(kExpectedRevision));
        return std::nullopt;
    }
    return OpenedRevision{revision_at(word, word, shipped), {}};
}

}  // namespace berth
