// Revisions of a repository's data on this machine: a folder, or the files of a commit.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/temporary_folder.h"
#include "berth/diagnostics.h"
#include "berth/gate.h"

namespace berth {

/// A revision whose files can be read as long as it lives.
struct OpenedRevision {
    DataRevision revision;
    TemporaryFolder files;  ///< of a commit

    /// A message with the names of files as people know them: `main:hardware/board.yaml` for the copy of a commit's.
    [[nodiscard]] std::string in_own_names(std::string text) const;
};

/// `word`: a folder that holds some of hardware/, models/ and scenarios/; else what git takes for a commit or a folder
/// in one (`main`, `HEAD~1`, `v1.2:data`) in the repository around the current folder. `shipped` stands behind its own
/// files. Errors: neither, or without any of those folders.
[[nodiscard]] std::optional<OpenedRevision> open_revision(const std::string& word, const Library& shipped,
                                                          Diagnostics& diagnostics);

}  // namespace berth
